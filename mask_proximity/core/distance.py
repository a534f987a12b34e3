# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Metres from pixels, by the pinhole law: distance = focal length * true width / width in pixels.

A turned head and a child's face are narrower than the constant assumes, and so are nearer than
reported. No margin for that is taken off here; distances inform, and the alert rules on widths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mask_proximity.core.scene import DistanceSource


@dataclass(frozen=True, slots=True)
class FocalLength:
    """A camera's focal length.

    Attributes:
        pixels: along x, for images of the width in use; NaN if unknown.
        source: what a distance that is made with it rests on.
    """

    pixels: float = math.nan
    source: DistanceSource = DistanceSource.NONE

    @classmethod
    def from_fov(cls, image_width: int, horizontal_fov: float) -> FocalLength:
        """From the field of view.

        Args:
            image_width: pixels.
            horizontal_fov: radians, below pi; 0 or less = unknown.
        """
        if not 0.0 < horizontal_fov < math.pi:
            return cls()
        return cls(
            image_width / 2.0 / math.tan(horizontal_fov / 2.0), DistanceSource.FACE_WIDTH_FOV
        )

    @classmethod
    def from_calibration(cls, image_width: int, fx: float, calibrated_width: int) -> FocalLength:
        """From camera_info.

        Args:
            image_width: of the images in use, pixels.
            fx: K[0], pixels; 0 = uncalibrated.
            calibrated_width: the width that fx belongs to, pixels.
        """
        if not (math.isfinite(fx) and fx > 0.0 and calibrated_width > 0):
            return cls()
        return cls(fx * image_width / calibrated_width, DistanceSource.FACE_WIDTH_CALIBRATED)


def face_distance(width: float, face_width: float, focal_length: FocalLength) -> float:
    """Distance of a face along the optical axis in metres, NaN if unknown.

    Args:
        width: of the face's box, pixels.
        face_width: its true width, metres.
        focal_length: of the camera.
    """
    if width <= 0.0:
        return math.nan
    return focal_length.pixels * face_width / width
