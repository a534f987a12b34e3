# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The robot's way: exact arcs, whatever the steps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.sources.simulated.camera import CameraPose
from mask_proximity.core.sources.simulated.robot import Robot, advanced

SPEEDS = st.floats(-2.0, 2.0)


@pytest.mark.parametrize(
    ('forward', 'turn', 'expected'),
    [
        (0.0, 0.0, (0.0, 0.0, 0.0)),
        (0.5, 0.0, (0.0, 1.0, 0.0)),
        (-0.5, 0.0, (0.0, -1.0, 0.0)),
        # To the left is a negative yaw of the camera, and a negative x.
        (0.0, 0.5, (0.0, 0.0, -1.0)),
        (math.pi / 4, math.pi / 4, (-1.0, 1.0, -math.pi / 2)),
    ],
)
def test_two_seconds(forward: float, turn: float, expected: tuple[float, float, float]) -> None:
    pose = advanced(CameraPose(), forward, turn, 2.0)
    assert (pose.x, pose.z, pose.yaw) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=50)
@given(forward=SPEEDS, turn=SPEEDS, steps=st.integers(1, 50))
def test_many_small_steps_are_one_large_one(forward: float, turn: float, steps: int) -> None:
    start = pose = CameraPose(0.3, -1.0, 0.4)
    for _ in range(steps):
        pose = advanced(pose, forward, turn, 1.0 / steps)
    whole = advanced(start, forward, turn, 1.0)
    assert (pose.x, pose.z, pose.yaw) == pytest.approx((whole.x, whole.z, whole.yaw), abs=1e-9)


def test_it_drives_by_the_newest_command_and_starts_again() -> None:
    start = CameraPose(0.1, -4.0)
    robot = Robot(start, 0.5)
    robot.step(1.0)
    assert robot.pose == start
    robot.velocity = (1.0, 0.0)
    robot.step(0.5)
    assert robot.pose.z == pytest.approx(-3.5)
    robot.restart()
    assert robot.pose == start
    assert robot.velocity == (0.0, 0.0)
