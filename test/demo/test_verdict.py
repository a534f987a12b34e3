# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's judge: it must be able to say no."""

from __future__ import annotations

import pytest

from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import Box, Level, MaskState, TrueFace
from mask_proximity.demo.verdict import Verdict, judge

SETTINGS = DetectorSettings()
TENTH = 100_000_000


def make_face(distance: float, state: MaskState) -> TrueFace:
    return TrueFace(Box(0, 0, 50, 60), state, distance, 'somebody')


def scene() -> dict[int, tuple[TrueFace, ...]]:
    """A second of nobody, two of an unmasked face nearby, two of nobody, two of a mask nearby."""
    nobody: tuple[TrueFace, ...] = ()
    unmasked = (make_face(1.0, MaskState.NO_MASK),)
    masked = (make_face(1.0, MaskState.MASK),)
    frames = [nobody] * 10 + [unmasked] * 20 + [nobody] * 20 + [masked] * 20
    return {TENTH * (index + 1): faces for index, faces in enumerate(frames)}


def right_levels() -> dict[int, Level]:
    levels = [Level.CLEAR] * 12 + [Level.ALERT] * 23 + [Level.CLEAR] * 35
    return {TENTH * (index + 1): level for index, level in enumerate(levels)}


def verdict_on(levels: dict[int, Level]) -> Verdict:
    return judge(scene(), levels, SETTINGS)


def test_all_is_well() -> None:
    verdict = verdict_on(right_levels())
    assert verdict == Verdict((), 1, 1, 70, 70, 0)


def test_an_alert_that_never_comes() -> None:
    verdict = verdict_on(dict.fromkeys(right_levels(), Level.CAUTION))
    assert verdict.timely_alerts == 0
    assert 'no ALERT within 1 s' in verdict.problems[0]


def test_an_alert_that_comes_late() -> None:
    levels = right_levels()
    for index in range(12, 22):
        levels[TENTH * (index + 1)] = Level.CLEAR
    assert 'no ALERT within' in verdict_on(levels).problems[0]


@pytest.mark.parametrize('index', [0, 5, 45, 60])
def test_one_false_alert(index: int) -> None:
    levels = right_levels()
    levels[TENTH * (index + 1)] = Level.ALERT
    verdict = verdict_on(levels)
    assert verdict.false_alerts == 1
    assert '1 frames with a false ALERT' in verdict.problems[0]


def test_an_alert_that_does_not_end() -> None:
    levels = right_levels()
    for index in range(35, 50):
        levels[TENTH * (index + 1)] = Level.ALERT
    assert verdict_on(levels).false_alerts > 5


def test_too_few_frames() -> None:
    levels = {stamp: level for stamp, level in right_levels().items() if stamp % (7 * TENTH) == 0}
    assert 'only 10 of 70 frames were judged' in verdict_on(levels).problems[-1]


def test_nothing_at_all_is_no_success() -> None:
    verdict = judge({}, {}, SETTINGS)
    assert verdict.problems


def test_between_the_limits_either_answer_is_right() -> None:
    truth = {TENTH * i: (make_face(1.5, MaskState.NO_MASK),) for i in range(1, 20)}
    truth |= {TENTH * i: (make_face(1.0, MaskState.NO_MASK),) for i in range(20, 40)}
    for level in (Level.CLEAR, Level.ALERT):
        levels = {stamp: level if stamp < 20 * TENTH else Level.ALERT for stamp in truth}
        assert judge(truth, levels, SETTINGS).problems == ()
