# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The robot that carries the simulated camera: it goes where it is driven, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace

from mask_proximity.core.sources.simulated.camera import CameraPose


def advanced(pose: CameraPose, forward: float, turn: float, seconds: float) -> CameraPose:
    """Where a unicycle is after driving at constant speeds, along an exact arc.

    Args:
        pose: at the beginning.
        forward: metres per second.
        turn: radians per second, positive to the left (REP-103).
        seconds: how long.
    """
    yaw = pose.yaw - turn * seconds
    # The chord of the arc points along the mean of both headings.
    half = (yaw - pose.yaw) / 2.0
    chord = forward * seconds * (math.sin(half) / half if half else 1.0)
    middle = pose.yaw + half
    return replace(
        pose, x=pose.x + chord * math.sin(middle), z=pose.z + chord * math.cos(middle), yaw=yaw
    )


class Robot:
    """Drives by the newest command.

    Attributes:
        speed: that the scene wishes it to drive at, metres per second.
        pose: of the camera.
        velocity: metres per second, and radians per second to the left.
    """

    def __init__(self, start: CameraPose, speed: float) -> None:
        """Stand still.

        Args:
            start: of the camera.
            speed: that the scene wishes the robot to drive at, metres per second.
        """
        self._start = start
        self.speed = speed
        self.pose = start
        self.velocity = (0.0, 0.0)

    def step(self, seconds: float) -> None:
        """Let time pass."""
        self.pose = advanced(self.pose, *self.velocity, seconds)

    def restart(self) -> None:
        """Stand at the start again."""
        self.pose, self.velocity = self._start, (0.0, 0.0)
