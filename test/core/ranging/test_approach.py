# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast somebody comes nearer, seen at any rate, through gaps and jumps."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.ranging.approach import ApproachEstimator, Motion
from mask_proximity.core.ranging.distance import Range, face_range
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.ranging.settings import RangingSettings
from mask_proximity.core.settings_table import with_values
from mask_proximity.core.types import NANOSECONDS, Box, DistanceSource, FaceDetection

SETTINGS = RangingSettings()
# Seconds.
MEMORY = 1.0
CAMERA = Pinhole.from_fov(640, 480, math.radians(60.0))
RATES = (5.0, 10.0, 15.0, 30.0, 60.0)


def seen(distance: float, error: float = 0.0) -> Range:
    """The range of a face whose box is `error` pixels too wide."""
    width = CAMERA.fx * SETTINGS.face_width / distance + error
    return face_range(FaceDetection(Box(100, 100, 100 + width, 250), 0.9), CAMERA, SETTINGS)


def measured(distance: float) -> Range:
    """The range by a depth image."""
    return Range(distance, 0.02 * distance, DistanceSource.DEPTH, 0.02 * distance)


def walk(
    speed: float,
    rate: float,
    begin: float = 4.0,
    seconds: float = 2.3,
    look: Callable[[float, float], Range] = seen,
    seed: int | None = None,
    estimator: ApproachEstimator | None = None,
) -> Iterator[tuple[float, float, Motion]]:
    """Time, true distance and motion of somebody who walks up to the camera."""
    estimator = estimator or ApproachEstimator()
    noise = np.random.default_rng(seed)
    # What the boxes err by is the same for about a tenth of a second.
    kept, error = math.exp(-10.0 / rate), 0.0
    for index in range(round(seconds * rate)):
        time = index / rate
        distance = begin - speed * time
        if distance < 0.5:
            return
        if seed is not None:
            error = kept * error + math.sqrt(1 - kept**2) * noise.normal(0.0, 2.0)
        stamp = round(time * NANOSECONDS) + NANOSECONDS
        yield (
            time,
            distance,
            estimator.update(stamp, {'1': look(distance, error)}, SETTINGS, MEMORY)['1'],
        )


@pytest.mark.parametrize('rate', RATES)
def test_it_does_not_lag_behind_somebody_who_walks(rate: float) -> None:
    errors, speeds = [], []
    for seed in range(10):
        for time, distance, motion in walk(1.4, rate, seed=seed):
            if time > 0.5:
                errors.append(motion.range.distance / distance - 1.0)
            if not math.isnan(motion.approach_speed):
                speeds.append(motion.approach_speed)
                assert motion.time_to_contact == pytest.approx(
                    motion.range.distance / motion.approach_speed
                ) or math.isnan(motion.time_to_contact)
    assert abs(statistics.median(errors)) < 0.02
    assert statistics.median(map(abs, errors)) < 0.05
    assert statistics.median(speeds) == pytest.approx(1.4, abs=0.15)
    assert len(speeds) > 10


@settings(max_examples=30)
@given(st.floats(-1.5, 1.8), st.floats(1.5, 4.0), st.sampled_from(RATES))
def test_without_noise_it_finds_any_speed(speed: float, begin: float, rate: float) -> None:
    *_, (_, distance, motion) = walk(
        speed, rate, begin, look=lambda distance, _: measured(distance)
    )
    assert motion.range.distance == pytest.approx(distance, rel=0.02)
    if not math.isnan(motion.approach_speed):
        assert motion.approach_speed == pytest.approx(speed, abs=0.25)
    if speed < -0.2:
        assert math.isnan(motion.time_to_contact)


def test_the_same_at_every_rate() -> None:
    last = {rate: list(walk(1.4, rate))[-1][2] for rate in RATES}
    speeds = [motion.approach_speed for motion in last.values()]
    assert max(speeds) - min(speeds) < 0.1


def test_more_frames_in_a_second_do_not_make_it_surer_than_it_can_be() -> None:
    last = {rate: list(walk(0.0, rate, begin=2.0))[-1][2] for rate in (15.0, 60.0)}
    assert last[60.0].range.noise > 0.8 * last[15.0].range.noise


@pytest.mark.parametrize('changed', [{'face_width': 0.28}, {'horizontal_fov': 1.0}])
def test_another_scale_acts_on_the_very_frame(changed: dict[str, float]) -> None:
    estimator = ApproachEstimator()
    list(walk(0.0, 30.0, begin=2.0, estimator=estimator))
    other = with_values(SETTINGS, changed)
    motion = estimator.update(4 * NANOSECONDS, {'1': seen(4.0)}, other, MEMORY)['1']
    assert motion == Motion(seen(4.0))


def test_of_one_frame_the_speed_is_not_known() -> None:
    (first, *_) = walk(1.4, 15.0)
    motion = first[2]
    assert motion.range == seen(4.0)
    assert math.isnan(motion.approach_speed) and math.isnan(motion.time_to_contact)


def test_who_stands_has_no_time_to_contact() -> None:
    told = total = 0
    for seed in range(20):
        for _, _, motion in walk(0.0, 15.0, begin=1.2, seconds=3.0, seed=seed):
            total += 1
            told += not math.isnan(motion.time_to_contact)
    assert told < 0.05 * total


def test_smoothing_takes_off_the_noise_and_nothing_else() -> None:
    *_, (_, _, motion) = walk(0.0, 30.0, begin=2.0, seconds=3.0)
    raw = seen(2.0)
    systematic = math.sqrt(raw.stddev**2 - raw.noise**2)
    assert systematic < motion.range.stddev < raw.stddev
    assert motion.range.source is raw.source


def test_depth_and_width_hand_over_without_a_jump_of_the_speed() -> None:
    estimator = ApproachEstimator()
    times = 0
    for time, distance, motion in walk(
        1.0,
        20.0,
        # The face is a sixth narrower than most: by its width it seems farther.
        look=lambda distance, _: measured(distance) if distance < 3.0 else seen(distance * 1.2),
        estimator=estimator,
    ):
        if distance < 3.0:
            times += 1
            assert motion.range.source is DistanceSource.DEPTH
            assert motion.range.distance == pytest.approx(distance, rel=0.02)
        if time > 1.5:
            assert motion.approach_speed == pytest.approx(1.0, abs=0.4)
    assert times > 10


def test_who_was_away_for_long_begins_anew() -> None:
    estimator = ApproachEstimator()
    *_, (_, _, known) = walk(1.4, 30.0, estimator=estimator)
    assert not math.isnan(known.approach_speed)
    later = round((3.3 + MEMORY) * NANOSECONDS) + 1
    motion = estimator.update(later, {'1': seen(2.0)}, SETTINGS, MEMORY)['1']
    assert motion == Motion(seen(2.0))


def test_a_short_gap_is_bridged() -> None:
    estimator = ApproachEstimator()
    for time, distance, motion in walk(1.4, 30.0, estimator=ApproachEstimator()):
        if 1.0 < time < 1.4:
            continue
        stamp = round(time * NANOSECONDS)
        motion = estimator.update(stamp, {'1': seen(distance)}, SETTINGS, MEMORY)['1']
        if time >= 1.4:
            assert motion.range.distance == pytest.approx(distance, rel=0.05)


def test_time_that_goes_backwards_begins_anew() -> None:
    estimator = ApproachEstimator()
    list(walk(1.4, 30.0, estimator=estimator))
    assert estimator.update(1, {'1': seen(3.0)}, SETTINGS, MEMORY)['1'] == Motion(seen(3.0))


def test_an_unknown_distance_stays_unknown() -> None:
    motion = ApproachEstimator().update(0, {'1': Range()}, SETTINGS, MEMORY)['1']
    assert math.isnan(motion.range.distance) and math.isnan(motion.approach_speed)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 3 * NANOSECONDS), st.floats(0.05, 200.0), st.booleans()),
        max_size=12,
    )
)
def test_whatever_comes_the_answer_is_a_number_or_nan(
    frames: list[tuple[int, float, bool]],
) -> None:
    estimator = ApproachEstimator()
    for stamp, distance, depth in frames:
        range_ = measured(distance) if depth else seen(distance)
        motion = estimator.update(stamp, {'1': range_}, SETTINGS, MEMORY)['1']
        assert motion.range.distance > 0.0 and math.isfinite(motion.range.distance)
        assert motion.range.stddev > 0.0 and math.isfinite(motion.range.stddev)
        assert not math.isinf(motion.approach_speed)
        assert math.isnan(motion.time_to_contact) or motion.time_to_contact > 0.0
