# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The alert policy: the rule on one face, and properties over any sequence of frames."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.alert import AlertPolicy, face_level, mask_state, staleness
from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.scene import Box, Face, Level, MaskState, Reason

SECOND = 1_000_000_000
SETTINGS = DetectorSettings()


def make_face(
    width_ratio: float,
    mask_probability: float,
    incorrect_probability: float = 0.0,
    settings: DetectorSettings = SETTINGS,
    detection_score: float = 0.9,
) -> Face:
    state = mask_state(mask_probability, incorrect_probability, settings)
    return Face(
        box=Box(0, 0, width_ratio * 640, 100),
        detection_score=detection_score,
        mask_probability=mask_probability,
        mask_state=state,
        width_ratio=width_ratio,
        level=face_level(width_ratio, state, detection_score, settings),
        incorrect_probability=incorrect_probability,
    )


BARE_NEAR = make_face(0.2, 0.01)
BARE_FAR = make_face(0.03, 0.01)
MASKED_NEAR = make_face(0.2, 0.99)
UNSURE_NEAR = make_face(0.2, 0.5)
BARE_COMING = make_face(0.08, 0.01)
WRONG_NEAR = make_face(0.2, 0.01, 0.9)
WRONG_COMING = make_face(0.08, 0.01, 0.9)

faces = st.builds(make_face, st.floats(0, 1), st.floats(0, 1))
frames = st.lists(
    st.tuples(st.integers(1, SECOND), st.lists(faces, max_size=3)), min_size=1, max_size=30
)


@pytest.mark.parametrize(
    ('mask', 'incorrect', 'state'),
    [
        (0.0, 0.0, MaskState.NO_MASK),
        (0.2499, 0.0, MaskState.NO_MASK),
        (0.25, 0.0, MaskState.UNSURE),
        (0.75, 0.25, MaskState.UNSURE),
        (0.7501, 0.2499, MaskState.MASK),
        (1.0, 0.0, MaskState.MASK),
        (0.0, 0.5, MaskState.NO_MASK),
        (0.0, 0.5001, MaskState.INCORRECT),
        (0.2, 0.41, MaskState.INCORRECT),
        (0.2, 0.39, MaskState.NO_MASK),
        (0.25, 0.75, MaskState.UNSURE),
        (0.0, math.nan, MaskState.NO_MASK),
    ],
)
def test_mask_state(mask: float, incorrect: float, state: MaskState) -> None:
    assert mask_state(mask, incorrect, SETTINGS) is state


@given(st.floats(0, 1), st.floats(0, 1))
def test_how_a_mask_is_worn_wrong_never_changes_the_level(mask: float, part: float) -> None:
    wrong = make_face(0.2, mask, part * (1.0 - mask))
    assert wrong.level is make_face(0.2, mask).level


@pytest.mark.parametrize(
    ('ratio', 'state', 'level'),
    [
        (0.1001, MaskState.NO_MASK, Level.ALERT),
        (0.1, MaskState.NO_MASK, Level.CAUTION),
        (0.0701, MaskState.NO_MASK, Level.CAUTION),
        (0.07, MaskState.NO_MASK, Level.CLEAR),
        (0.5, MaskState.INCORRECT, Level.ALERT),
        (0.5, MaskState.UNSURE, Level.CAUTION),
        (0.09, MaskState.UNSURE, Level.CLEAR),
        (1.0, MaskState.MASK, Level.CLEAR),
    ],
)
def test_level_of_one_face(ratio: float, state: MaskState, level: Level) -> None:
    assert face_level(ratio, state, 0.51, SETTINGS) is level
    # What may be no face counts like a face that may wear a mask.
    doubt = state if state is MaskState.MASK else MaskState.UNSURE
    assert face_level(ratio, state, 0.5, SETTINGS) is face_level(ratio, doubt, 0.51, SETTINGS)


def test_a_bare_face_that_may_be_none_is_a_caution() -> None:
    doubtful = make_face(0.2, 0.01, detection_score=0.3)
    alert = AlertPolicy().update(1, [doubtful], SETTINGS)
    assert (alert.level, alert.reason) == (Level.CAUTION, Reason.UNSURE_NEAR)
    alert = AlertPolicy().update(1, [doubtful, BARE_NEAR], SETTINGS)
    assert (alert.level, alert.reason) == (Level.ALERT, Reason.NO_MASK_NEAR)


@pytest.mark.parametrize(
    ('seen', 'level', 'reason', 'text'),
    [
        ([], Level.CLEAR, Reason.NO_FACE, 'No face in view.'),
        ([BARE_FAR], Level.CLEAR, Reason.NOBODY_NEAR, 'Nobody is near.'),
        ([MASKED_NEAR], Level.CLEAR, Reason.MASKED, 'Everyone near wears a mask.'),
        ([BARE_COMING, MASKED_NEAR], Level.CAUTION, Reason.APPROACHING, 'getting near'),
        ([UNSURE_NEAR, BARE_FAR], Level.CAUTION, Reason.UNSURE_NEAR, 'cannot be made out'),
        ([MASKED_NEAR, BARE_NEAR], Level.ALERT, Reason.NO_MASK_NEAR, 'Maintain Distance'),
        ([WRONG_NEAR], Level.ALERT, Reason.NO_MASK_NEAR, 'Maintain Distance'),
        (
            [WRONG_COMING, MASKED_NEAR],
            Level.CAUTION,
            Reason.APPROACHING,
            'worn wrong is getting',
        ),
        ([WRONG_COMING, BARE_COMING], Level.CAUTION, Reason.APPROACHING, 'without a mask is get'),
    ],
)
def test_first_frame(seen: list[Face], level: Level, reason: Reason, text: str) -> None:
    alert = AlertPolicy().update(7, seen, SETTINGS)
    assert (alert.level, alert.reason, alert.since) == (level, reason, 7)
    assert text in alert.text


def test_the_most_urgent_face_comes_first() -> None:
    wider_bare = make_face(0.3, 0.01)
    alert = AlertPolicy().update(
        0, [BARE_FAR, make_face(0.9, 0.99), BARE_NEAR, BARE_COMING, wider_bare], SETTINGS
    )
    assert alert.faces[:3] == (wider_bare, BARE_NEAR, BARE_COMING)


def test_a_level_rises_at_once_and_is_held_before_it_falls() -> None:
    policy = AlertPolicy()
    assert policy.update(1 * SECOND, [], SETTINGS).level is Level.CLEAR
    risen = policy.update(2 * SECOND, [BARE_NEAR], SETTINGS)
    assert (risen.level, risen.since) == (Level.ALERT, 2 * SECOND)
    held = policy.update(2 * SECOND + SECOND // 2 - 1, [], SETTINGS)
    assert (held.level, held.reason, held.since) == (Level.ALERT, Reason.HELD, 2 * SECOND)
    assert held.text == 'Maintain Distance'
    fallen = policy.update(2 * SECOND + SECOND // 2, [], SETTINGS)
    assert (fallen.level, fallen.since) == (Level.CLEAR, 2 * SECOND + SECOND // 2)


def test_an_alert_that_ends_in_caution_falls_to_caution_first() -> None:
    policy = AlertPolicy()
    policy.update(0, [BARE_NEAR], SETTINGS)
    policy.update(SECOND * 4 // 10, [BARE_COMING], SETTINGS)
    assert policy.update(SECOND * 6 // 10, [], SETTINGS).level is Level.CAUTION
    assert policy.update(SECOND, [], SETTINGS).level is Level.CLEAR


def test_unknown_forgets_what_was_seen() -> None:
    policy = AlertPolicy()
    policy.update(0, [BARE_NEAR], SETTINGS)
    unknown = policy.unknown(5, Reason.STALE_IMAGE, 'why')
    assert (unknown.level, unknown.text, unknown.since, unknown.faces) == (
        Level.UNKNOWN,
        'why',
        5,
        (),
    )
    assert policy.unknown(6, Reason.FAULT, 'other').since == 5
    assert policy.update(7, [], SETTINGS).level is Level.CLEAR


def test_time_that_goes_backwards_begins_anew() -> None:
    policy = AlertPolicy()
    policy.update(100 * SECOND, [BARE_NEAR], SETTINGS)
    again = policy.update(1 * SECOND, [], SETTINGS)
    assert (again.level, again.since) == (Level.CLEAR, 1 * SECOND)
    risen = policy.update(2 * SECOND, [BARE_NEAR], SETTINGS)
    assert (risen.level, risen.since) == (Level.ALERT, 2 * SECOND)


@given(frames)
def test_never_below_the_evidence_and_never_above_what_was_seen_within_the_hold(
    sequence: list[tuple[int, list[Face]]],
) -> None:
    policy = AlertPolicy()
    hold = SETTINGS.delay_off * SECOND
    now = 0
    history: list[tuple[int, Level]] = []
    for step, seen in sequence:
        now += step
        evidence = max((face.level for face in seen), default=Level.CLEAR)
        history.append((now, evidence))
        alert = policy.update(now, seen, SETTINGS)
        assert alert.level >= evidence
        assert alert.level == max(
            [evidence, *(level for stamp, level in history if now - stamp < hold)]
        )
        assert alert.since <= now
        assert (alert.text == 'Maintain Distance') == (alert.level is Level.ALERT)


@given(frames)
def test_since_changes_exactly_with_the_level(
    sequence: list[tuple[int, list[Face]]],
) -> None:
    policy = AlertPolicy()
    now = 0
    before = None
    for step, seen in sequence:
        now += step
        alert = policy.update(now, seen, SETTINGS)
        if before is not None and before.level is alert.level:
            assert alert.since == before.since
        else:
            assert alert.since == now
        before = alert


@pytest.mark.parametrize(
    ('age', 'sentence'),
    [
        (0.0, None),
        (0.99, None),
        (1.01, r'1.0 s old, more than stale_after .1 s.'),
        (3600.0, '3600.0 s old'),
        (-0.5, None),
        (-2.0, 'stamped 2.0 s in the future'),
    ],
)
def test_staleness(age: float, sentence: str | None) -> None:
    now = 1_700_000_000 * SECOND
    said = staleness(now, now - round(age * SECOND), SETTINGS)
    if sentence is None:
        assert said is None
    else:
        assert said is not None
        assert re.search(sentence, said)


def test_images_without_stamp_are_stale() -> None:
    said = staleness(5 * SECOND, 0, SETTINGS)
    assert said is not None and 'no stamp' in said
