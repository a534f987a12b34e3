# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast somebody comes nearer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.distance import Range


@dataclass(frozen=True, slots=True)
class Motion:
    """How far somebody is, and how fast that changes.

    Attributes:
        range: smoothed over the frames so far.
        approach_speed: metres per second towards the camera; NaN until it is known.
        time_to_contact: seconds; NaN if unknown or not approaching.
    """

    range: Range
    approach_speed: float = math.nan
    time_to_contact: float = math.nan


class ApproachEstimator:
    """Follows the distance of every track."""

    def update(
        self, stamp: int, ranges: Mapping[str, Range], settings: DetectorSettings
    ) -> dict[str, Motion]:
        """Take in a frame.

        Args:
            stamp: of the frame, nanoseconds. Time that goes backwards begins anew.
            ranges: of the faces in it, by track id.
            settings: of detector_node.

        Returns:
            The motion of each of `ranges`.
        """
        return {track: Motion(range_) for track, range_ in ranges.items()}

    def reset(self) -> None:
        """Forget everybody."""
