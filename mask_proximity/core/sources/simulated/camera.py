# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The camera of the simulated scene: its pose and its pinhole model."""

from __future__ import annotations

import math
from dataclasses import dataclass

DEFAULT_FOV = math.radians(60.0)
"""Horizontal field of view of an ordinary webcam, in radians."""

CAMERA_HEIGHT = 1.45
"""Height of the lens above the floor in metres: at a robot's head, a little below a face."""


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Pose of the camera. At yaw 0 it looks along z; it is always level.

    Attributes:
        x: Position to the right in metres.
        z: Position forward in metres.
        yaw: Yaw to the right in radians.
        height: Height above the floor in metres.
    """

    x: float = 0.0
    z: float = 0.0
    yaw: float = 0.0
    height: float = CAMERA_HEIGHT

    def seen_from(self, x: float, z: float) -> tuple[float, float]:
        """Position of a world point relative to the camera: right and ahead, in metres."""
        dx, dz = x - self.x, z - self.z
        sine, cosine = math.sin(self.yaw), math.cos(self.yaw)
        return dx * cosine - dz * sine, dx * sine + dz * cosine


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """An ideal camera with the principal point in the middle of the picture.

    Attributes:
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.
        horizontal_fov: Horizontal field of view in radians.
    """

    width: int
    height: int
    horizontal_fov: float = DEFAULT_FOV

    @property
    def focal_length(self) -> float:
        """Focal length in pixels, the same for both axes."""
        return self.width / 2.0 / math.tan(self.horizontal_fov / 2.0)

    def project(self, right: float, up: float, ahead: float) -> tuple[float, float]:
        """Project a point, given in metres right of, above and ahead of the lens, to a pixel."""
        scale = self.focal_length / ahead
        return self.width / 2.0 + scale * right, self.height / 2.0 - scale * up
