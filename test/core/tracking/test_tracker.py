# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is who, and what is believed of a mask."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import tracking as benchmark
from mask_proximity.core.alert.rules import mask_state
from mask_proximity.core.alert.settings import MaskStateSettings
from mask_proximity.core.classification.crops import CropSpec, crop_faces
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.tracking.belief import evidence_weights
from mask_proximity.core.tracking.observation import Observation, TrackedFace
from mask_proximity.core.tracking.settings import TrackingSettings
from mask_proximity.core.tracking.tracker import _NEW_TRACK_COST, FaceTracker, _cheapest_pairs
from mask_proximity.core.types import NANOSECONDS, Box, Image, MaskState

DEFAULTS = TrackingSettings()
RATES = (5, 15, 30)
HIGH_SCORE = 0.5
SURE, DOUBTFUL = 0.9, 0.3

probabilities = st.floats(0.0, 1.0)
weights = st.floats(0.05, 1.0)


def seen(
    x: float = 320.0,
    width: float = 50.0,
    mask: float = 0.5,
    score: float = SURE,
    incorrect: float = 0.0,
    weight: float = 1.0,
    height: float | None = None,
) -> Observation:
    height = 1.35 * width if height is None else height
    box = Box(x - width / 2, 200.0 - height / 2, x + width / 2, 200.0 + height / 2)
    return Observation(box, score, mask, incorrect, weight)


def at(seconds: float) -> int:
    return round(seconds * NANOSECONDS)


def followed(
    frames: Sequence[tuple[float, Sequence[Observation]]],
    chosen: TrackingSettings = DEFAULTS,
) -> list[list[TrackedFace]]:
    tracker = FaceTracker()
    return [tracker.update(at(seconds), faces, chosen, HIGH_SCORE) for seconds, faces in frames]


def ids(frames: Sequence[tuple[float, Sequence[Observation]]], **changes: object) -> list[str]:
    """The one id of each frame that has a face."""
    chosen = dataclasses.replace(DEFAULTS, **changes)
    return [face.track_id for faces in followed(frames, chosen) for face in faces]


def believed(
    signal: Sequence[float],
    rate: float,
    chosen: TrackingSettings = DEFAULTS,
    weighed: Sequence[float] | None = None,
) -> list[float]:
    weighed = weighed or [1.0] * len(signal)
    frames = [
        (index / rate, [seen(mask=mask, weight=weight)])
        for index, (mask, weight) in enumerate(zip(signal, weighed, strict=True))
    ]
    return [faces[0].mask_probability for faces in followed(frames, chosen)]


def logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))


# --- Who is who -----------------------------------------------------------------------------------
@pytest.mark.parametrize('rate', RATES)
@pytest.mark.parametrize('widths_per_second', [0.0, 3.0, 10.0])
def test_a_passer_by_keeps_the_id(rate: int, widths_per_second: float) -> None:
    frames = [
        (index / rate, [seen(x=30 + 50 * widths_per_second * index / rate)])
        for index in range(rate)
    ]
    assert set(ids(frames)) == {'1'}


@pytest.mark.parametrize('rate', RATES)
@pytest.mark.parametrize('seed', range(25))
def test_people_who_cross_keep_their_ids(rate: int, seed: int) -> None:
    frames = benchmark.crossing(rate, np.random.default_rng(seed))
    assert benchmark.kept(benchmark.ids_of(frames, DetectorSettings()))


@pytest.mark.parametrize('rate', RATES)
def test_the_nearer_one_hides_the_farther_one_for_a_while(rate: int) -> None:
    frames = []
    for index in range(2 * rate):
        seconds = index / rate
        near, far = seen(x=120 + 200 * seconds, width=80), seen(x=520 - 200 * seconds, width=45)
        hidden = near.box.intersection_over_smaller(far.box) > 0.1
        frames.append((seconds, [near] if hidden else [far, near]))
    assert any(len(faces) == 1 for _, faces in frames)
    result = followed(frames)
    assert {faces[-1].track_id for faces in result} == {'2'}
    assert {faces[0].track_id for faces in result if len(faces) == 2} == {'1'}


@pytest.mark.parametrize('rate', RATES)
def test_a_head_that_turns_keeps_the_id(rate: int) -> None:
    frames = []
    for index in range(3 * rate):
        yaw = math.sin(2 * math.pi * index / rate / 1.5)
        narrowed = 60 * (1 - 0.4 * yaw**2)
        frames.append((index / rate, [seen(x=320 + 20 * yaw, width=narrowed, height=80)]))
    assert set(ids(frames)) == {'1'}


@pytest.mark.parametrize('rate', RATES)
def test_someone_who_walks_up_keeps_the_id(rate: int) -> None:
    frames = [
        (index / rate, [seen(width=74 / (4.0 - 1.5 * index / rate))]) for index in range(2 * rate)
    ]
    assert set(ids(frames)) == {'1'}


@pytest.mark.parametrize(
    ('missed', 'expected'), [(0.5, ['1', '1']), (0.9, ['1', '1']), (1.1, ['1', '2'])]
)
def test_memory_ends_after_seconds(missed: float, expected: list[str]) -> None:
    assert ids([(0.0, [seen()]), (missed / 2, []), (missed, [seen()])]) == expected
    assert ids([(0.0, [seen()]), (missed, [seen()])]) == expected


def test_memory_is_a_setting() -> None:
    frames = [(0.0, [seen()]), (2.0, [seen()])]
    assert ids(frames, track_memory=3.0) == ['1', '1']


def test_somebody_else_is_somebody_else() -> None:
    frames = [(0.0, [seen(x=100)]), (0.1, [seen(x=500)]), (0.2, [seen(x=500, width=160)])]
    assert ids(frames) == ['1', '2', '3']


def test_the_reach_grows_with_the_seconds_and_not_with_the_frames() -> None:
    there = seen(x=320 + 75)
    assert ids([(0.0, [seen()]), (0.03, [there])]) == ['1', '2']
    assert ids([(0.0, [seen()]), (0.3, [there])]) == ['1', '1']
    many = [(0.0, [seen()]), *((0.01 * index, []) for index in range(1, 30)), (0.3, [there])]
    assert ids(many) == ['1', '1']


def test_time_backwards_begins_anew_and_gives_no_id_twice() -> None:
    tracker = FaceTracker()
    first = tracker.update(at(5), [seen(mask=0.9)], DEFAULTS, HIGH_SCORE)[0]
    tracker.update(at(6), [seen(mask=0.9)], DEFAULTS, HIGH_SCORE)
    again = tracker.update(at(5), [seen(mask=0.1)], DEFAULTS, HIGH_SCORE)[0]
    assert (first.track_id, again.track_id) == ('1', '2')
    assert again.first_seen == at(5) and again.mask_probability == pytest.approx(0.1)
    tracker.reset()
    assert tracker.update(at(5.1), [seen()], DEFAULTS, HIGH_SCORE)[0].track_id == '3'


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 3.0),
            st.lists(
                st.builds(
                    Observation,
                    st.builds(
                        lambda x, y, w, h: Box(x, y, x + w, y + h),
                        st.floats(-50, 700),
                        st.floats(-50, 500),
                        st.floats(0, 600),
                        st.floats(0, 600),
                    ),
                    probabilities,
                    probabilities,
                    probabilities,
                    weights,
                ),
                max_size=5,
            ),
        ),
        max_size=12,
    ),
    st.sampled_from([0.0, 0.4, 10.0]),
)
@settings(max_examples=60)
def test_whatever_comes_each_face_has_an_id_of_its_own(
    frames: list[tuple[float, list[Observation]]], half_life: float
) -> None:
    """With stamps that stand still, jump and run backwards, and boxes of any kind."""
    tracker = FaceTracker()
    chosen = TrackingSettings(belief_half_life=half_life)
    before: dict[str, int] = {}
    last = -1
    for seconds, faces in frames:
        result = tracker.update(at(seconds), faces, chosen, HIGH_SCORE)
        assert len({face.track_id for face in result}) == len(faces)
        if at(seconds) < last:
            assert not before.keys() & {face.track_id for face in result}
        last = at(seconds)
        for face in result:
            assert face.first_seen == before.setdefault(face.track_id, face.first_seen) <= last
            assert 0.0 <= face.mask_probability <= 1.0
            assert 0.0 <= face.incorrect_probability <= 1.0 - face.mask_probability + 1e-9


# --- Two rounds -----------------------------------------------------------------------------------
def test_a_sure_face_comes_before_a_doubtful_one() -> None:
    nearer, farther = seen(x=322, score=DOUBTFUL), seen(x=330, score=SURE)
    result = followed([(0.0, [seen()]), (0.1, [nearer, farther])])[1]
    assert [face.track_id for face in result] == ['2', '1']


def test_a_doubtful_face_continues_a_track_which_stays_sure() -> None:
    scores = (DOUBTFUL, SURE, DOUBTFUL)
    result = followed([(0.1 * index, [seen(score=s)]) for index, s in enumerate(scores)])
    assert [faces[0].track_id for faces in result] == ['1', '1', '1']
    assert [faces[0].detection_score for faces in result] == [DOUBTFUL, SURE, SURE]


def test_what_was_never_sure_stays_in_doubt() -> None:
    result = followed([(0.1 * index, [seen(score=DOUBTFUL)]) for index in range(20)])
    assert result[-1][0].detection_score <= HIGH_SCORE


# --- Belief ---------------------------------------------------------------------------------------
@given(probabilities, probabilities, weights)
@settings(max_examples=50)
def test_the_first_image_is_taken_at_face_value(mask: float, share: float, weight: float) -> None:
    incorrect = share * (1.0 - mask)
    face = followed([(0.0, [seen(mask=mask, incorrect=incorrect, weight=weight)])])[0][0]
    assert face.mask_probability == mask
    assert face.incorrect_probability == pytest.approx(incorrect)


@given(
    st.lists(st.tuples(probabilities, weights), min_size=1, max_size=15),
    st.floats(0.01, 10.0),
    st.floats(1.0, 120.0),
    st.floats(0.0, 0.99),
    probabilities,
)
@settings(max_examples=150)
def test_one_wrong_image_never_turns_mask_into_no_mask_or_back(
    before: list[tuple[float, float]], half_life: float, rate: float, gap: float, wrong: float
) -> None:
    """At the default thresholds, from the second image on, at any rate and after any gap."""
    chosen = TrackingSettings(belief_half_life=half_life)
    frames = [
        (index / rate, [seen(mask=mask, weight=weight)])
        for index, (mask, weight) in enumerate(before)
    ]
    frames.append((frames[-1][0] + gap, [seen(mask=wrong)]))
    states = [
        mask_state(faces[0].mask_probability, faces[0].incorrect_probability, MaskStateSettings())
        for faces in followed(frames, chosen)
    ]
    for one, next_one in zip(states, states[1:], strict=False):
        assert {one, next_one} != {MaskState.MASK, MaskState.NO_MASK}


@given(st.floats(0.5, 3.0), st.floats(0.5, 2.0), st.floats(0.0, 6.28), weights)
@settings(max_examples=40)
def test_a_slow_signal_is_believed_alike_at_every_rate(
    height: float, slope: float, phase: float, weight: float
) -> None:
    """Logits that change by 2 a second at most agree within 0.3, half a frame's worth and more."""

    def at_rate(rate: int) -> list[float]:
        logits = [
            height * math.sin(phase + slope / height * index / rate)
            for index in range(4 * rate + 1)
        ]
        signal = [1.0 / (1.0 + math.exp(-value)) for value in logits]
        belief = believed(signal, rate, weighed=[weight] * len(signal))
        return [logit(value) for value in belief[:: rate // 5]]

    slowest = at_rate(5)
    for rate in (15, 30):
        assert at_rate(rate) == pytest.approx(slowest, abs=0.3)


@pytest.mark.parametrize('rate', RATES)
@pytest.mark.parametrize('right', [0.02, 0.98])
def test_a_true_change_is_believed_within_a_second(rate: int, right: float) -> None:
    signal = [1.0 - right] * (2 * rate) + [right] * rate
    states = [mask_state(value, 0.0, MaskStateSettings()) for value in believed(signal, rate)]
    expected = MaskState.MASK if right > 0.5 else MaskState.NO_MASK
    first = states.index(expected, 2 * rate) - 2 * rate
    # Half of the weight goes to what is new after 0.4 s; the thresholds want 64 %: 0.59 s.
    assert 0.59 - 1 / rate <= first / rate <= 0.59 + 1 / rate


def test_of_more_weight_is_believed_more() -> None:
    heavy, light = (believed([0.9, 0.1], 15, weighed=[0.5, weight])[-1] for weight in (1.0, 0.1))
    assert heavy < light < 0.9


def test_a_gap_gives_one_image_no_more_than_its_part() -> None:
    before, after = (
        faces[0].mask_probability
        for faces in followed([(0.0, [seen(mask=0.95)]), (0.9, [seen(mask=0.05)])])
    )
    assert logit(after) == pytest.approx(0.7 * logit(before) + 0.3 * logit(0.05))


def test_without_a_half_life_the_newest_image_alone_counts() -> None:
    signal = [0.9, 0.001, 1.0, 0.4]
    assert believed(signal, 15, TrackingSettings(belief_half_life=0.0)) == signal


def test_the_same_stamp_again_changes_no_belief() -> None:
    result = followed([(1.0, [seen(mask=0.9)]), (1.0, [seen(mask=0.1)])])
    assert result[1][0].track_id == '1'
    assert result[1][0].mask_probability == pytest.approx(0.9)


def test_a_mask_worn_wrong_is_believed_after_a_while() -> None:
    frames = [(index / 15, [seen(mask=0.02, incorrect=0.01)]) for index in range(15)]
    frames += [(1 + index / 15, [seen(mask=0.02, incorrect=0.95)]) for index in range(15)]
    result = [faces[0] for faces in followed(frames)]
    states = [
        mask_state(f.mask_probability, f.incorrect_probability, MaskStateSettings()) for f in result
    ]
    assert states[14:17] == [MaskState.NO_MASK] * 3
    assert states[-1] is MaskState.INCORRECT


# --- Weights --------------------------------------------------------------------------------------
def weight_of(picture: Image, box: Box) -> float:
    return float(evidence_weights(crop_faces(picture, [box], CropSpec(160, 0.3)), [box.width])[0])


def test_a_sharp_near_face_weighs_all_and_a_blurred_or_small_one_less(portrait: Image) -> None:
    box = Box(179, 58, 272, 177)
    small = cv2.resize(portrait, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    slightly, heavily = (np.asarray(cv2.GaussianBlur(portrait, (0, 0), s)) for s in (8, 16))
    assert weight_of(portrait, box) == 1.0
    assert weight_of(portrait, box) > weight_of(slightly, box) > weight_of(heavily, box)
    assert weight_of(small, Box(45, 14, 68, 44)) < 0.6


costs = st.lists(
    st.lists(st.one_of(st.floats(-5.0, 20.0), st.just(math.inf)), min_size=3, max_size=3),
    min_size=1,
    max_size=3,
)


@given(costs)
def test_the_pairs_cost_the_least_whether_faces_compete_or_not(rows: list[list[float]]) -> None:
    matrix = np.array(rows)
    pairs = _cheapest_pairs(matrix)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(matrix[pair] < _NEW_TRACK_COST for pair in pairs)
    alone = len(rows) - len(pairs)
    capped = np.minimum(matrix, _NEW_TRACK_COST)
    # Enough columns that everybody may stay alone.
    capped = np.hstack([capped, np.full((len(rows), len(rows)), _NEW_TRACK_COST)])
    best = min(
        sum(capped[row, column] for row, column in enumerate(columns))
        for columns in itertools.permutations(range(capped.shape[1]), len(rows))
    )
    assert sum(matrix[pair] for pair in pairs) + alone * _NEW_TRACK_COST == pytest.approx(best)


@given(st.integers(0, 3), st.floats(1.0, 500.0), st.sampled_from([32, 160]), st.floats(0.0, 1.0))
@settings(max_examples=20)
def test_weights_are_within_bounds(number: int, width: float, side: int, noise: float) -> None:
    faces = np.random.default_rng(0).uniform(-noise, noise, (number, side, side, 3))
    result = evidence_weights(faces.astype(np.float32), [width] * number)
    assert result.shape == (number,)
    assert ((result > 0.0) & (result <= 1.0)).all()


# --- Real people ----------------------------------------------------------------------------------
@pytest.mark.parametrize('every', [1, 2])
@pytest.mark.parametrize(
    ('clip', 'people', 'least'), [('three_people_approach', 3, 30), ('head_pose', 1, 62)]
)
def test_real_people_keep_their_ids(
    data: Path, clip: str, people: int, least: int, every: int
) -> None:
    ids = benchmark.ids_in_clip(data / 'video' / f'{clip}.gif', every)
    assert len(ids) == people
    assert min(ids.values()) >= least // every
