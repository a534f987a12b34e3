# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The alert policy: the rule on one face, and properties over any sequence of frames."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.alert.freshness import stamp_fault
from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.alert.rules import mask_state, zone_of
from mask_proximity.core.alert.settings import AlertSettings
from mask_proximity.core.alert.zones import Zone
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.settings_table import with_values
from mask_proximity.core.types import (
    Alert,
    Box,
    Event,
    EventKind,
    Face,
    Level,
    MaskState,
    Reason,
)

SECOND = 1_000_000_000
SETTINGS = AlertSettings()
BARE, WRONG, UNSURE, MASKED = (0.01, 0.0), (0.01, 0.9), (0.5, 0.0), (0.99, 0.0)
LIMIT = SETTINGS.alert_distance
RING = SETTINGS.caution_distance
RATES = (5, 15, 30, 60)


def make_face(
    distance: float = math.nan,
    worn: tuple[float, float] = BARE,
    track_id: str = '1',
    width_ratio: float = 0.0,
    score: float = 0.9,
    settings: AlertSettings = SETTINGS,
    **others: float,
) -> Face:
    return Face(
        box=Box(0, 0, width_ratio * 640, 100),
        detection_score=score,
        mask_probability=worn[0],
        mask_state=mask_state(*worn, settings),
        width_ratio=width_ratio,
        track_id=track_id,
        distance=distance,
        incorrect_probability=worn[1],
        **others,  # type: ignore[arg-type]
    )


def level_of(*faces: Face, settings: AlertSettings = SETTINGS) -> Level:
    return AlertPolicy().update(1, faces, settings)[0].level


def run(
    seen: Callable[[float], Sequence[Face]],
    rate: float,
    duration: float,
    settings: AlertSettings = SETTINGS,
    start: float = 0.0,
) -> list[tuple[float, Alert]]:
    """The alerts of frames at a rate, of what is seen at a time."""
    policy = AlertPolicy()
    times = [start + index / rate for index in range(round(duration * rate))]
    return [(time, policy.update(round(time * SECOND), seen(time), settings)[0]) for time in times]


def changes(alerts: Sequence[tuple[float, Alert]]) -> list[tuple[float, Level]]:
    first = [(alerts[0][0], alerts[0][1].level)]
    return first + [
        (time, now.level) for (_, was), (time, now) in pairwise(alerts) if now.level != was.level
    ]


# --- One face ----------------------------------------------------------------------------------


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


NEAR, COMING, FAR = LIMIT - 0.01, RING - 0.01, RING + 0.01


@pytest.mark.parametrize(
    ('worn', 'score', 'levels'),
    [
        (BARE, 0.51, (Level.ALERT, Level.CAUTION, Level.CLEAR)),
        (WRONG, 0.51, (Level.ALERT, Level.CAUTION, Level.CLEAR)),
        (UNSURE, 0.51, (Level.CAUTION, Level.CLEAR, Level.CLEAR)),
        (MASKED, 0.51, (Level.CLEAR, Level.CLEAR, Level.CLEAR)),
        # What may be no face counts like a face that may wear a mask.
        (BARE, 0.5, (Level.CAUTION, Level.CLEAR, Level.CLEAR)),
        (WRONG, 0.5, (Level.CAUTION, Level.CLEAR, Level.CLEAR)),
        (MASKED, 0.5, (Level.CLEAR, Level.CLEAR, Level.CLEAR)),
    ],
)
def test_what_one_face_raises(
    worn: tuple[float, float], score: float, levels: tuple[Level, ...]
) -> None:
    for distance, ratio, level in zip(
        (NEAR, COMING, FAR), (0.1001, 0.0701, 0.07), levels, strict=True
    ):
        assert level_of(make_face(distance, worn, score=score)) is level
        assert level_of(make_face(worn=worn, width_ratio=ratio, score=score)) is level


def test_a_limit_itself_is_outside() -> None:
    assert level_of(make_face(LIMIT)) is Level.CAUTION
    assert level_of(make_face(RING)) is Level.CLEAR
    assert level_of(make_face(width_ratio=0.1)) is Level.CAUTION
    assert level_of(make_face(width_ratio=0.07)) is Level.CLEAR


def test_the_distance_rules_where_it_is_known_and_wanted() -> None:
    far_but_wide = make_face(9.0, width_ratio=0.5)
    assert level_of(far_but_wide) is Level.CLEAR
    pixels = AlertSettings(alert_distance=0.0)
    assert level_of(far_but_wide, settings=pixels) is Level.ALERT


def test_other_settings_judge_everybody_anew() -> None:
    policy = AlertPolicy()
    policy.update(0, [make_face(NEAR)], SETTINGS)
    in_doubt = {'alert_confidence': 0.9, 'doubt_delay': 0.0}
    for changed in ({'alert_distance': 1.4}, {'no_mask_threshold': 1.0}, in_doubt):
        alert, _ = policy.update(1, [make_face(NEAR)], replace(SETTINGS, **changed))
        assert alert.faces[0].level is Level.CAUTION
        alert, _ = policy.update(1, [make_face(NEAR)], SETTINGS)
        assert alert.faces[0].level is Level.ALERT


@pytest.mark.parametrize(
    ('changed', 'level'),
    [
        ({'face_width': 0.2}, Level.ALERT),
        ({'valid_for': 2.0, 'belief_half_life': 0.0}, Level.ALERT),
        ({'delay_off': 0.1}, Level.ALERT),
        ({'unsure_level': 'alert'}, Level.CAUTION),
    ],
)
def test_only_another_rule_takes_the_hysteresis_away(
    changed: dict[str, object], level: Level
) -> None:
    policy, before = AlertPolicy(), DetectorSettings()
    policy.update(0, [make_face(NEAR)], before)
    # Beyond the limit, but not by leave_factor: kept only for somebody who was within it.
    beyond = make_face(1.05 * LIMIT)
    alert, _ = policy.update(1, [beyond], with_values(before, changed))
    assert alert.faces[0].level is level


def test_the_doubt_about_a_distance_is_taken_off() -> None:
    face = make_face(LIMIT + 0.2, distance_stddev=0.21)
    assert level_of(face) is Level.ALERT
    assert level_of(face, settings=AlertSettings(distance_margin=0.0)) is Level.CAUTION
    assert level_of(replace(face, distance_stddev=math.nan)) is Level.CAUTION
    assert level_of(make_face(9.0, distance_stddev=math.inf)) is Level.ALERT


@pytest.mark.parametrize(
    ('worn', 'seconds', 'level'),
    [
        (BARE, 1.9, Level.CAUTION),
        (BARE, 2.0, Level.CLEAR),
        (BARE, math.nan, Level.CLEAR),
        (BARE, -1.0, Level.CLEAR),
        (UNSURE, 1.0, Level.CLEAR),
        (MASKED, 1.0, Level.CLEAR),
    ],
)
def test_who_comes_fast_is_a_caution_from_afar(
    worn: tuple[float, float], seconds: float, level: Level
) -> None:
    assert level_of(make_face(9.0, worn, time_to_contact=seconds)) is level
    never = AlertSettings(caution_time=0.0)
    face = make_face(9.0, worn, time_to_contact=seconds, settings=never)
    assert level_of(face, settings=never) is Level.CLEAR


@pytest.mark.parametrize('name', ['clear', 'caution', 'alert'])
def test_what_unsure_and_worn_wrong_raise_is_a_setting(name: str) -> None:
    level = Level[name.upper()]
    unsure = AlertSettings(unsure_level=name)
    assert level_of(make_face(NEAR, UNSURE), settings=unsure) is level
    assert level_of(make_face(NEAR, BARE), settings=unsure) is Level.ALERT
    wrong = AlertSettings(incorrect_level=name)
    assert level_of(make_face(NEAR, WRONG), settings=wrong) is level
    assert level_of(make_face(COMING, WRONG), settings=wrong) is min(level, Level.CAUTION)
    assert level_of(make_face(NEAR, BARE), settings=wrong) is Level.ALERT


@pytest.mark.parametrize(
    ('seen', 'level', 'reason', 'text'),
    [
        ([], Level.CLEAR, Reason.NO_FACE, 'No face in view.'),
        ([(FAR, BARE)], Level.CLEAR, Reason.NOBODY_NEAR, 'Nobody is near.'),
        ([(NEAR, MASKED)], Level.CLEAR, Reason.MASKED, 'Everyone near wears a mask.'),
        ([(COMING, BARE), (NEAR, MASKED)], Level.CAUTION, Reason.APPROACHING, 'getting near'),
        ([(NEAR, UNSURE), (FAR, BARE)], Level.CAUTION, Reason.UNSURE_NEAR, 'cannot be made out'),
        ([(NEAR, MASKED), (NEAR, BARE)], Level.ALERT, Reason.NO_MASK_NEAR, 'Maintain Distance'),
        ([(NEAR, WRONG)], Level.ALERT, Reason.NO_MASK_NEAR, 'Maintain Distance'),
        ([(COMING, WRONG)], Level.CAUTION, Reason.APPROACHING, 'worn wrong is getting'),
        (
            [(COMING, WRONG), (COMING, BARE)],
            Level.CAUTION,
            Reason.APPROACHING,
            'without a mask is get',
        ),
    ],
)
def test_first_frame(
    seen: list[tuple[float, tuple[float, float]]], level: Level, reason: Reason, text: str
) -> None:
    faces = [make_face(distance, worn, str(n)) for n, (distance, worn) in enumerate(seen)]
    alert, events = AlertPolicy().update(7, faces, SETTINGS)
    assert (alert.level, alert.reason, alert.since) == (level, reason, 7)
    assert text in alert.text
    assert events[-1] == Event(7, EventKind.LEVEL, Level.UNKNOWN, level)


@pytest.mark.parametrize('rate', RATES)
def test_what_may_be_no_face_counts_when_it_has_been_followed_for_a_while(rate: float) -> None:
    def seen(time: float) -> Sequence[Face]:
        face = make_face(NEAR, score=0.4)
        return [replace(face, first_seen=SECOND)] if time >= 1.0 else []

    (_, first), (rise, level) = changes(run(seen, rate, 3.0))
    assert (first, level) == (Level.CLEAR, Level.CAUTION)
    # The frame before the one that is old enough may have been almost as old.
    earliest = 1.0 + SETTINGS.doubt_delay
    assert earliest - 1e-6 <= rise <= earliest + SETTINGS.delay_on + 1.0 / rate
    # Without an id nobody knows for how long.
    untracked = run(lambda time: [replace(f, track_id='') for f in seen(time)], rate, 3.0)
    assert changes(untracked)[1][0] <= 1.0 + SETTINGS.delay_on + 1.0 / rate


def test_a_near_face_that_does_not_count_is_told_of() -> None:
    ignoring = AlertSettings(unsure_level='clear')
    alert, _ = AlertPolicy().update(1, [make_face(NEAR, UNSURE)], ignoring)
    assert alert.reason is Reason.NOBODY_NEAR
    assert 'does not count' in alert.text


def test_the_most_urgent_face_comes_first() -> None:
    faces = [
        make_face(FAR, track_id='far'),
        make_face(0.3, MASKED, 'masked'),
        make_face(1.2, track_id='near'),
        make_face(0.9, track_id='nearest'),
        make_face(COMING, track_id='coming'),
        make_face(track_id='wide', width_ratio=0.3),
    ]
    alert, _ = AlertPolicy().update(0, faces, SETTINGS)
    order = [face.track_id for face in alert.faces]
    assert order == ['nearest', 'near', 'wide', 'coming', 'masked', 'far']


# --- Over time ----------------------------------------------------------------------------------


def steps(*spans: tuple[float, Sequence[Face]]) -> Callable[[float], Sequence[Face]]:
    """What is seen from each time on."""
    return lambda time: next((faces for since, faces in reversed(spans) if time >= since), ())


@pytest.mark.parametrize('rate', RATES)
def test_a_rise_waits_for_delay_on_and_a_fall_for_delay_off(rate: float) -> None:
    seen = steps((0.0, ()), (2.0, [make_face(NEAR)]), (5.0, ()))
    (_, first), (rise, risen), (fall, fallen) = changes(run(seen, rate, 8.0))
    assert (first, risen, fallen) == (Level.CLEAR, Level.ALERT, Level.CLEAR)
    frame = 1.0 / rate
    assert 2.0 <= rise <= 2.0 + SETTINGS.delay_on + frame
    assert 5.0 + SETTINGS.delay_off - frame <= fall <= 5.0 + SETTINGS.delay_off + frame


@given(st.sampled_from(RATES), st.floats(0.5, 3.0), st.floats(0.0, 0.5))
def test_a_rise_is_never_later_than_delay_on_and_a_frame(
    rate: float, begins: float, delay: float
) -> None:
    rule = AlertSettings(delay_on=delay)
    alerts = run(steps((0.0, ()), (begins, [make_face(NEAR)])), rate, begins + 2.0, rule)
    _, (rise, level) = changes(alerts)
    assert level is Level.ALERT
    assert begins <= rise <= begins + delay + 1.0 / rate + 1e-6


@given(st.sampled_from((15, 30, 60)), st.floats(0.2, 0.5))
def test_one_frame_alone_raises_nothing(rate: float, delay: float) -> None:
    rule = AlertSettings(delay_on=delay)
    seen = steps((0.0, ()), (1.0, [make_face(NEAR)]), (1.0 + 0.9 / rate, ()))
    assert changes(run(seen, rate, 3.0, rule)) == [(0.0, Level.CLEAR)]


@pytest.mark.parametrize(('rate', 'frames_needed'), [(5, 1), (10, 2), (15, 2), (20, 3), (30, 4)])
def test_the_delay_counts_from_the_last_frame_without_a_cause(
    rate: int, frames_needed: int
) -> None:
    _, (rise, _) = changes(run(steps((0.0, ()), (2.0, [make_face(NEAR)])), rate, 4.0))
    assert rise == pytest.approx(2.0 + (frames_needed - 1) / rate)


@pytest.mark.parametrize('rate', [*RATES, 8, 10, 12, 20, 25])
def test_a_face_that_is_found_in_every_other_frame_is_found(rate: float) -> None:
    def seen(time: float) -> Sequence[Face]:
        return [make_face(NEAR)] if time >= 1.0 and round(time * rate) % 2 else []

    _, (rise, level) = changes(run(seen, rate, 6.0))
    assert level is Level.ALERT
    assert rise <= 1.0 + SETTINGS.delay_on + 3.0 / rate


def test_a_face_that_is_missed_for_a_moment_begins_nothing_anew() -> None:
    missed = steps((0, ()), (1, [make_face(NEAR)]), (1.03, ()), (1.09, [make_face(NEAR)]))
    (_, _), (rise, level) = changes(run(missed, 30, 3.0))
    assert level is Level.ALERT and rise <= 1.0 + SETTINGS.delay_on + 1 / 30


def test_a_minimum_hold_keeps_a_level_that_has_just_risen() -> None:
    seen = steps((0.0, ()), (1.0, [make_face(NEAR)]), (1.3, ()))
    for hold, fall in ((0.0, 1.8), (2.0, 3.1)):
        last = changes(run(seen, 30, 6.0, AlertSettings(minimum_hold=hold)))[-1]
        assert last[0] == pytest.approx(fall, abs=0.05)


def test_a_held_alert_says_so_and_keeps_its_text() -> None:
    policy = AlertPolicy()
    policy.update(0, [make_face(NEAR)], SETTINGS)
    held, _ = policy.update(SECOND // 10, [], SETTINGS)
    assert (held.level, held.reason, held.text, held.since) == (
        Level.ALERT,
        Reason.HELD,
        'Maintain Distance',
        0,
    )


def test_an_alert_falls_by_way_of_caution_where_somebody_walks_away() -> None:
    def leaving(time: float) -> Sequence[Face]:
        return [make_face(1.0 + 0.5 * time)]

    levels = [level for _, level in changes(run(leaving, 15, 6.0))]
    assert levels == [Level.ALERT, Level.CAUTION, Level.CLEAR]


noise = st.lists(st.floats(-1.0, 1.0), min_size=30, max_size=90)


@settings(max_examples=50)
@given(noise, st.sampled_from((5, 15, 30)), st.booleans())
def test_noise_at_a_limit_gives_one_change_at_most(
    values: list[float], rate: float, pixels: bool
) -> None:
    # Just less than the band between the limit and leaving it.
    band = (SETTINGS.leave_factor - 1.0) / 2.0

    def seen(time: float) -> Sequence[Face]:
        factor = 1.0 + band + 0.99 * band * values[round(time * rate)]
        if pixels:
            return [make_face(width_ratio=SETTINGS.alert_width_ratio / factor)]
        return [make_face(LIMIT * factor)]

    alerts = run(seen, rate, len(values) / rate)
    assert len(changes(alerts)) <= 2

    def around(time: float) -> Sequence[Face]:
        return [make_face(LIMIT * (1.0 + 0.9 * band * values[round(time * rate)]))]

    alerts = run(around, rate, len(values) / rate)
    assert len(changes(alerts)) <= 2


@settings(max_examples=50)
@given(noise, st.sampled_from((5, 15, 30)), st.booleans())
def test_noise_of_a_belief_gives_one_change_at_most(
    values: list[float], rate: float, score: bool
) -> None:
    band = (SETTINGS.leave_factor - 1.0) / 2.0

    def seen(time: float) -> Sequence[Face]:
        factor = 1.0 + band + 0.99 * band * values[round(time * rate)]
        if score:
            return [make_face(NEAR, score=SETTINGS.alert_confidence / factor)]
        return [make_face(NEAR, (1.0 - SETTINGS.no_mask_threshold / factor, 0.0))]

    def around(time: float) -> Sequence[Face]:
        bare = (1.0 - SETTINGS.mask_threshold) * (1.0 - 0.9 * band * values[round(time * rate)])
        return [make_face(NEAR, (1.0 - bare, 0.0))]

    for faces in (seen, around):
        assert len(changes(run(faces, rate, len(values) / rate))) <= 2


walks = st.lists(st.floats(0.5, 4.0), min_size=2, max_size=6)


def walk(places: Sequence[float]) -> Callable[[float], Sequence[Face]]:
    """Somebody who walks from place to place at 0.7 m/s."""
    times = [0.0]
    for here, there in pairwise(places):
        times.append(times[-1] + abs(there - here) / 0.7 + 1.0)

    def seen(time: float) -> Sequence[Face]:
        for (begin, end), (here, there) in zip(pairwise(times), pairwise(places), strict=True):
            if time < end:
                part = min(1.0, (time - begin) / (end - begin - 1.0 + 1e-9))
                return [make_face(here + (there - here) * part)]
        return [make_face(places[-1])]

    seen.duration = times[-1] + 2.0  # type: ignore[attr-defined]
    return seen


@settings(max_examples=30)
@given(walks)
def test_the_answers_are_the_same_at_any_rate(places: list[float]) -> None:
    seen = walk(places)
    duration: float = seen.duration  # type: ignore[attr-defined]
    fine = run(seen, 60, duration)
    for rate in (5, 15, 30):
        frame = 1.0 / rate + 1.0 / 60
        for time, alert in run(seen, rate, duration):
            around = {other.level for at, other in fine if abs(at - time) <= frame + 1e-6}
            assert alert.level in around


@given(st.sampled_from(RATES), st.floats(1.0, 4.0), st.floats(0.1, 2.0))
def test_a_level_never_falls_while_somebody_comes_nearer(
    rate: float, start: float, speed: float
) -> None:
    def seen(time: float) -> Sequence[Face]:
        distance = max(0.3, start - speed * time)
        return [make_face(distance, time_to_contact=distance / speed)]

    levels = [alert.level for _, alert in run(seen, rate, 4.0)]
    assert levels == sorted(levels)


frames = st.lists(
    st.tuples(
        st.floats(0.01, 0.9),
        st.lists(
            st.builds(
                make_face,
                st.one_of(st.just(math.nan), st.floats(0.1, 5.0)),
                st.sampled_from((BARE, WRONG, UNSURE, MASKED)),
                st.sampled_from('123'),
                st.floats(0, 0.3),
                st.sampled_from((0.3, 0.9)),
            ),
            max_size=3,
            unique_by=lambda face: face.track_id,
        ),
    ),
    min_size=1,
    max_size=25,
)
Frames = list[tuple[float, list[Face]]]


def play(policy: AlertPolicy, sequence: Frames, start: float = 0.0) -> list[Alert]:
    alerts = []
    for step, faces in sequence:
        start += step
        alerts.append(policy.update(round(start * SECOND), faces, SETTINGS)[0])
    return alerts


@given(frames, frames)
def test_time_that_goes_backwards_equals_a_new_beginning(before: Frames, after: Frames) -> None:
    policy = AlertPolicy()
    play(policy, before, start=1000.0)
    assert play(policy, after) == play(AlertPolicy(), after)
    # UNKNOWN forgets as much.
    policy.unknown(5000 * SECOND, Reason.FAULT, 'why')
    assert play(policy, after) == play(AlertPolicy(), after)


def test_time_that_goes_backwards_is_an_event() -> None:
    for faces in ([], [make_face(NEAR)]):
        policy = AlertPolicy()
        policy.update(9 * SECOND, [make_face(NEAR)], SETTINGS)
        alert, events = policy.update(SECOND, faces, SETTINGS)
        fresh, fresh_events = AlertPolicy().update(SECOND, faces, SETTINGS)
        reset = Event(SECOND, EventKind.RESET, Level.ALERT, Level.UNKNOWN)
        assert (alert, events) == (fresh, (reset, *fresh_events))


def test_what_was_before_a_long_gap_does_not_count() -> None:
    policy = AlertPolicy()
    policy.update(0, [make_face(NEAR)], SETTINGS)
    alert, _ = policy.update(round(1.01 * SECOND), [], SETTINGS)
    assert alert.level is Level.CLEAR
    alert, _ = policy.update(round(2.5 * SECOND), [make_face(NEAR)], SETTINGS)
    assert alert.level is Level.ALERT


@given(frames, st.randoms())
def test_the_order_of_the_faces_does_not_matter(sequence: Frames, random: Any) -> None:
    one, other, now = AlertPolicy(), AlertPolicy(), 0
    for step, faces in sequence:
        now += round(step * SECOND)
        # Hypothesis 6.36, of Ubuntu 22.04, draws nothing from nothing.
        shuffled = random.sample(faces, len(faces)) if faces else []
        assert one.update(now, faces, SETTINGS) == other.update(now, shuffled, SETTINGS)


@given(frames)
def test_a_level_that_has_risen_or_been_fallen_to_lasts_its_time(sequence: Frames) -> None:
    now, since, level = 0.0, 0.0, Level.CLEAR
    for (step, _), alert in zip(sequence, play(AlertPolicy(), sequence), strict=True):
        now += step
        if alert.level < level:
            assert now - since >= SETTINGS.minimum_hold - 1e-6
        if alert.level is not level:
            since, level = now, alert.level


@given(frames, st.randoms())
def test_the_order_of_the_faces_and_their_names_do_not_matter(
    sequence: Frames, random: Any
) -> None:
    other = {'1': '7', '2': '8', '3': '9'}
    shuffled = [
        (
            step,
            sorted(
                (replace(face, track_id=other[face.track_id]) for face in faces),
                key=lambda face: random.random(),
            ),
        )
        for step, faces in sequence
    ]
    said = [(a.level, a.reason, a.since, a.text) for a in play(AlertPolicy(), sequence)]
    assert said == [(a.level, a.reason, a.since, a.text) for a in play(AlertPolicy(), shuffled)]


@pytest.mark.parametrize('rate', RATES)
def test_ids_that_change_do_not_delay_a_rise(rate: float) -> None:
    def seen(time: float) -> Sequence[Face]:
        return [make_face(NEAR, track_id=str(round(time * rate)))] if time >= 1.0 else []

    _, (rise, level) = changes(run(seen, rate, 3.0))
    assert level is Level.ALERT and rise <= 1.0 + SETTINGS.delay_on + 1.0 / rate


@given(frames)
def test_whatever_comes_the_alert_is_consistent(sequence: Frames) -> None:
    policy, now, before = AlertPolicy(), 0, None
    for step, faces in sequence:
        now += round(step * SECOND)
        alert, events = policy.update(now, faces, SETTINGS)
        assert alert.level is not Level.UNKNOWN
        assert (alert.text == 'Maintain Distance') == (alert.level is Level.ALERT)
        assert {face.track_id for face in alert.faces} == {face.track_id for face in faces}
        assert alert.since <= now
        changed = [event for event in events if event.kind is EventKind.LEVEL]
        was = Level.UNKNOWN if before is None else before.level
        assert bool(changed) == (alert.level is not was)
        if changed:
            assert (changed[0].before, changed[0].level) == (was, alert.level)
        if before is not None and before.level is alert.level and step < SETTINGS.stale_after:
            assert alert.since == before.since
        before = alert


def test_unknown_is_said_with_its_reason_and_ends_at_once() -> None:
    policy = AlertPolicy()
    policy.update(0, [make_face(NEAR)], SETTINGS)
    unknown, events = policy.unknown(5, Reason.STALE_IMAGE, 'why')
    assert (unknown.level, unknown.text, unknown.since, unknown.faces) == (
        Level.UNKNOWN,
        'why',
        5,
        (),
    )
    assert events == (Event(5, EventKind.LEVEL, Level.ALERT, Level.UNKNOWN),)
    again, events = policy.unknown(6, Reason.FAULT, 'other')
    assert (again.since, events) == (5, ())
    assert policy.update(7, [], SETTINGS)[0].level is Level.CLEAR


def test_who_comes_and_goes_is_an_event() -> None:
    policy = AlertPolicy()

    def told(time: float, *faces: Face) -> list[tuple[EventKind, str, Level]]:
        _, events = policy.update(round(time * SECOND), faces, SETTINGS)
        return [(e.kind, e.track_id, e.level) for e in events if e.kind is not EventKind.LEVEL]

    assert told(0.0, make_face(FAR, track_id='7')) == []
    assert told(0.2, make_face(COMING, track_id='7')) == [(EventKind.ENTERED, '7', Level.CAUTION)]
    assert told(0.4, make_face(NEAR, track_id='7')) == [(EventKind.ENTERED, '7', Level.ALERT)]
    assert told(0.6, make_face(COMING, track_id='7')) == [(EventKind.LEFT, '7', Level.CAUTION)]
    # Who is not seen for a moment has not left.
    assert told(0.8) == []
    assert told(1.0, make_face(COMING, track_id='7')) == []
    assert told(1.5) == []
    assert told(2.1) == [(EventKind.LEFT, '7', Level.CLEAR)]


# --- Zones --------------------------------------------------------------------------------------

COUNTER = Zone('counter', (0.2, 0.6), (0.0, 3.0), 0.5, 0.8)
DOOR = Zone('door', (-0.6, -0.2), (0.0, 9.0), 4.0, 6.0)


@pytest.mark.parametrize(
    ('distance', 'bearing', 'zone', 'level'),
    [
        (1.0, 0.0, '', Level.ALERT),
        (1.0, 0.2, 'counter', Level.CLEAR),
        (0.7, 0.6, 'counter', Level.CAUTION),
        (0.4, 0.4, 'counter', Level.ALERT),
        (1.0, 0.61, '', Level.ALERT),
        (3.9, -0.4, 'door', Level.ALERT),
        (5.0, -0.4, 'door', Level.CAUTION),
        (3.9, 0.0, '', Level.CLEAR),
        # In doubt, the stricter limit of those that may apply.
        (3.9, math.nan, '', Level.ALERT),
        (9.5, math.nan, '', Level.CLEAR),
    ],
)
def test_a_zone_has_limits_of_its_own(
    distance: float, bearing: float, zone: str, level: Level
) -> None:
    face = make_face(distance, bearing=bearing)
    alert, _ = AlertPolicy().update(1, [face], SETTINGS, (COUNTER, DOOR))
    assert (alert.level, alert.faces[0].zone) == (level, zone)


def test_the_first_zone_that_holds_a_face_decides() -> None:
    nobody = Zone('nobody', (-1.0, 1.0), (0.0, math.inf), 0.0, 0.0)
    face = make_face(1.0, bearing=-0.4, time_to_contact=0.5)
    for zones, level in (((DOOR, nobody), Level.ALERT), ((nobody, DOOR), Level.CLEAR)):
        assert AlertPolicy().update(1, [face], SETTINGS, zones)[0].level is level
    # Nor by doubt about the distance.
    face = make_face(1.0, bearing=-0.4, distance_stddev=1.5)
    assert AlertPolicy().update(1, [face], SETTINGS, (nobody,))[0].level is Level.CLEAR


def test_zones_are_of_metres() -> None:
    wide = make_face(width_ratio=0.2, bearing=0.4)
    assert zone_of(wide, (COUNTER,), SETTINGS).name == ''
    assert AlertPolicy().update(1, [wide], SETTINGS, (COUNTER,))[0].level is Level.ALERT


# --- Stale images -------------------------------------------------------------------------------


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
    said = stamp_fault(now, now - round(age * SECOND), SETTINGS)
    if sentence is None:
        assert said is None
    else:
        assert said is not None
        assert re.search(sentence, said)


def test_images_without_stamp_are_stale() -> None:
    said = stamp_fault(5 * SECOND, 0, SETTINGS)
    assert said is not None and 'no stamp' in said
