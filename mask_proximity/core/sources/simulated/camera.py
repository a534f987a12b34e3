# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The camera of the simulated scene: where it stands, and the pinhole law by which it sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

DEFAULT_FOV = math.radians(60.0)
"""Horizontal field of view of an ordinary webcam, radians."""

CAMERA_HEIGHT = 1.45
"""Of the lens above the floor, metres: a robot's head, a little below a face."""


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Where the camera stands; it looks along z, level.

    Attributes:
        x: to the right, metres.
        z: forward, metres.
        yaw: turned to the right, radians.
        height: above the floor, metres.
    """

    x: float = 0.0
    z: float = 0.0
    yaw: float = 0.0
    height: float = CAMERA_HEIGHT

    def seen_from(self, x: float, z: float) -> tuple[float, float]:
        """A point of the world as (to the right of, ahead of) the camera, metres."""
        dx, dz = x - self.x, z - self.z
        sine, cosine = math.sin(self.yaw), math.cos(self.yaw)
        return dx * cosine - dz * sine, dx * sine + dz * cosine


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """An ideal camera with the principal point in the middle of the picture.

    Attributes:
        width: of the picture, pixels.
        height: of the picture, pixels.
        horizontal_fov: radians.
    """

    width: int
    height: int
    horizontal_fov: float = DEFAULT_FOV

    @property
    def focal_length(self) -> float:
        """Pixels, the same for both axes."""
        return self.width / 2.0 / math.tan(self.horizontal_fov / 2.0)

    def project(self, right: float, up: float, ahead: float) -> tuple[float, float]:
        """The pixel of a point that lies so many metres right of, above and ahead of the lens."""
        scale = self.focal_length / ahead
        return self.width / 2.0 + scale * right, self.height / 2.0 - scale * up
