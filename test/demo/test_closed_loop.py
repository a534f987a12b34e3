# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The verdict on a drive must be able to say no; test/system/test_corridor.py drives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from mask_proximity.core.settings.nodes import GovernorSettings
from mask_proximity.core.sources.simulated.camera import CameraPose, PinholeCamera
from mask_proximity.core.sources.simulated.disturbance import Disturbance, Fault
from mask_proximity.core.sources.simulated.scene_file import SceneFile
from mask_proximity.core.types import Level
from mask_proximity.demo.closed_loop import LoopState, closed_loop_problems

SCRIPT = SceneFile(
    name='made',
    duration=30.0,
    rate=10.0,
    camera=PinholeCamera(640, 480),
    start=CameraPose(),
    speed=0.5,
    people=(),
    disturbances=(Disturbance(Fault.COVERED, 20.0, 25.0),),
    limit=1.5,
    seed=0,
)


def good_moment(index: int) -> LoopState:
    """Up to 10 s towards somebody who leaves at 15 s; from 20 s to 25 s the camera is covered."""
    time = index / 10.0
    distance, speed, level = math.nan, 0.5, Level.CLEAR
    if time < 15.0:
        distance = max(1.6, 6.6 - 0.5 * time)
    if 10.0 <= time < 17.0:
        speed, level = 0.0, Level.CAUTION
    if 22.0 <= time < 26.0:
        speed, level = 0.1, Level.UNKNOWN
    return LoopState(time, distance, math.nan, distance, level, speed)


GOOD = [good_moment(index) for index in range(300)]


def verdict(change: Callable[[LoopState], LoopState]) -> list[str]:
    return closed_loop_problems([change(m) for m in GOOD], SCRIPT, GovernorSettings())


def test_all_is_well() -> None:
    assert verdict(lambda moment: moment) == []


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        (
            lambda m: replace(m, distance=m.distance - 0.5),
            'drove at 0.50 m/s only 1.15 m from a person without a mask, within the limit of 1.5',
        ),
        (lambda m: replace(m, speed=0.5), 'with the camera covered'),
        (
            lambda m: replace(m, speed=0.3) if m.time > 20 else m,
            'at 22.5 s, with the camera covered since 20 s, it still drove at 0.30 m/s',
        ),
        (lambda m: replace(m, speed=0.0), 'at 4.1 s it stood without a reason'),
        (lambda m: replace(m, speed=0.0) if m.time >= 15 else m, 'at 19.0 s it stood'),
        (lambda m: replace(m, speed=0.0) if m.time >= 25 else m, 'at 29.0 s it stood'),
    ],
)
def test_what_is_wrong_is_said(change: Callable[[LoopState], LoopState], sentence: str) -> None:
    problems = verdict(change)
    assert any(sentence in problem for problem in problems), problems


def test_nothing_at_all_is_no_success() -> None:
    assert closed_loop_problems([], SCRIPT, GovernorSettings())
    assert closed_loop_problems(GOOD, replace(SCRIPT, speed=None), GovernorSettings())
