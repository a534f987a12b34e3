# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults of the simulated camera: covered, black, frozen, or sending no images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from mask_proximity.core.types import Image


class Fault(Enum):
    """A fault of the camera."""

    COVERED = 'covered'
    BLACK = 'black'
    FROZEN = 'frozen'
    STALLED = 'stalled'


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A fault during a period of the scene.

    Attributes:
        fault: The fault.
        start: Beginning in seconds since the scene began.
        end: End in seconds since the scene began.
    """

    fault: Fault
    start: float
    end: float


def fault_at(time: float, disturbances: Sequence[Disturbance]) -> Fault | None:
    """The fault of the camera at a time in seconds, the first one if there are several."""
    return next((each.fault for each in disturbances if each.start <= time < each.end), None)


def covered(height: int, width: int) -> Image:
    """The picture of a camera whose lens is covered by a hand: dim red, without edges."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    glow = np.exp(-(((x / width - 0.7) / 0.6) ** 2) - ((y / height - 0.2) / 0.6) ** 2)
    color = np.array([7.0, 8.0, 18.0], np.float32) * (0.6 + 0.8 * glow)[..., None]
    return np.asarray(color.round(), np.uint8)


def black(height: int, width: int) -> Image:
    """The picture of a camera without any light."""
    return np.zeros((height, width, 3), np.uint8)
