# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The robot that carries the simulated camera and moves as commanded."""

from __future__ import annotations

import math
from dataclasses import replace

from mask_proximity.core.sources.simulated.camera import CameraPose


def advanced(pose: CameraPose, forward: float, turn: float, seconds: float) -> CameraPose:
    """The pose of a unicycle after driving at constant speeds, along an exact arc.

    Args:
        pose: Pose at the beginning.
        forward: Forward speed in metres per second.
        turn: Turning speed in radians per second, positive to the left (REP-103).
        seconds: Duration in seconds.
    """
    yaw = pose.yaw - turn * seconds
    # The chord of the arc points in the direction of the mean of both headings.
    half = (yaw - pose.yaw) / 2.0
    chord = forward * seconds * (math.sin(half) / half if half else 1.0)
    middle = pose.yaw + half
    return replace(
        pose, x=pose.x + chord * math.sin(middle), z=pose.z + chord * math.cos(middle), yaw=yaw
    )


class Robot:
    """A robot that drives by the newest command; at first it stands still.

    Attributes:
        speed: Speed that the scene requests, in metres per second.
        pose: Pose of the camera.
        velocity: Forward speed in metres per second, and turning speed in radians per second,
            positive to the left.
    """

    def __init__(self, start: CameraPose, speed: float) -> None:
        """Place the robot at its start.

        Args:
            start: Pose of the camera at the start.
            speed: Speed that the scene requests, in metres per second.
        """
        self._start = start
        self.speed = speed
        self.pose = start
        self.velocity = (0.0, 0.0)

    def step(self, seconds: float) -> None:
        """Drive for a time in seconds."""
        self.pose = advanced(self.pose, *self.velocity, seconds)

    def restart(self) -> None:
        """Return to the start and stand still."""
        self.pose, self.velocity = self._start, (0.0, 0.0)
