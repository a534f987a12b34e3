# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Parts of the surroundings with limits of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Zone:
    """A sector around the camera.

    Attributes:
        name: for the user.
        bearing: from and to, radians from the optical axis, positive to the left.
        range: from and to, metres.
        alert_distance: as in DetectorSettings, here.
        caution_distance: likewise.
    """

    name: str
    bearing: tuple[float, float]
    range: tuple[float, float]
    alert_distance: float
    caution_distance: float


def load_zones(path: str) -> tuple[Zone, ...]:
    """The zones in a file; none for an empty path.

    Raises:
        SettingsError: it cannot be read, or breaks a rule.
    """
    return ()
