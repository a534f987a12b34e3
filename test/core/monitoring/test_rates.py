# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The books of images and results, with times that the tests choose."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.monitoring.rates import WINDOW, StreamStatistics

steps = st.lists(
    st.tuples(
        st.sampled_from(['arrived', 'processed', 'unstamped']),
        st.floats(0.0, 5.0, allow_nan=False),
    ),
    max_size=60,
)


def stream(
    rates: StreamStatistics, begin: float, seconds: float, arrive: float, process: float
) -> float:
    """Images and results at steady rates; gives the time of the last event."""
    events = [(begin + i / arrive, 'arrived') for i in range(int(seconds * arrive))]
    events += [(begin + i / process + 0.02, 'processed') for i in range(int(seconds * process))]
    for time, kind in sorted(events):
        if kind == 'arrived':
            rates.arrived(time, 0.01)
        else:
            rates.processed(time, 0.03, 1)
    return max(time for time, _ in events)


@given(steps)
def test_whatever_happens_the_measures_are_sane(history: list[tuple[str, float]]) -> None:
    rates, time = StreamStatistics(0.0), 0.0
    for kind, pause in history:
        time += pause
        if kind == 'processed':
            rates.processed(time, pause, 0)
        else:
            rates.arrived(time, None if kind == 'unstamped' else pause)
        measured = rates.measure(time)
        assert 0.0 <= measured.lost_share <= 1.0
        assert measured.arrived >= 0.0 and measured.processed >= 0.0
        assert math.isnan(measured.latency) or measured.latency <= measured.latency_max
        assert 0.0 <= measured.seconds_without_face <= measured.watched == time
    # An hour later nothing of it counts any more.
    later = rates.measure(time + 3600.0)
    assert later.arrived == later.processed == later.lost == 0 and math.isnan(later.latency)
    assert later.overdue


@pytest.mark.parametrize('rate', [2.0, 10.0, 30.0, 100.0])
def test_steady_streams(rate: float) -> None:
    rates = StreamStatistics(0.0)
    end = stream(rates, 0.5, 6.0, rate, rate)
    measured = rates.measure(end)
    assert measured.arrived == pytest.approx(rate, rel=0.02)
    assert measured.processed == pytest.approx(rate, rel=0.02)
    assert measured.lost <= 1 and not measured.overdue
    assert (measured.latency, measured.latency_max, measured.age) == (0.03, 0.03, 0.01)


def test_the_longest_latency_in_a_hundred_is_not_that_of_most() -> None:
    rates = StreamStatistics(0.0)
    for index in range(100):
        rates.processed(1.0 + index / 1000.0, 0.5 if index in (7, 70) else 0.01 + index / 1e4, 1)
    measured = rates.measure(1.1)
    assert measured.latency == pytest.approx(0.015, abs=2e-4)
    assert measured.latency_p95 == pytest.approx(0.0197, abs=2e-4)
    assert measured.latency_max == 0.5


def test_stages_are_medians_over_the_images_that_reached_them() -> None:
    rates = StreamStatistics(0.0)
    for index in range(30):
        face_seen = index % 3 == 0
        rates.processed(
            1.0 + index / 30.0,
            0.03,
            int(face_seen),
            {'faces': 0.01, 'masks': 0.002 if face_seen else 0.0},
        )
    assert rates.measure(2.0).stages == {'faces': 0.01, 'masks': 0.002}
    # What is older than the window counts no more.
    rates.processed(9.0, 0.03, 0, {'faces': 0.005})
    assert rates.measure(9.0).stages == {'faces': 0.005}


def test_a_third_of_the_images_is_processed() -> None:
    rates = StreamStatistics(0.0)
    measured = rates.measure(stream(rates, 0.0, 5.0, 30.0, 10.0))
    assert measured.lost_share == pytest.approx(2 / 3, abs=0.05)
    assert measured.lost == pytest.approx(40, abs=2)


def test_the_first_second_shows_no_habit() -> None:
    rates = StreamStatistics(0.0)
    for index in range(40):
        rates.arrived(index / 30, 0.0)
    assert rates.measure(39 / 30).lost == 0
    for index in range(40, 60):
        rates.arrived(index / 30, 0.0)
    assert rates.measure(59 / 30).lost == 59


@pytest.mark.parametrize(
    ('rate', 'pause', 'overdue'),
    [
        (30.0, 1.4, False),
        (30.0, 1.6, True),
        (1.0, 2.1, False),  # one image of a slow camera is missing
        (1.0, 2.6, True),
        (0.2, 9.9, False),
        (0.05, 10.1, True),
    ],
)
def test_how_long_the_next_image_is_waited_for(rate: float, pause: float, overdue: bool) -> None:
    rates = StreamStatistics(0.0)
    for index in range(8):
        rates.arrived(index / rate, 0.0)
    assert rates.measure(7 / rate + pause).overdue is overdue


def test_the_first_image_is_waited_for() -> None:
    rates = StreamStatistics(100.0)
    assert not rates.measure(101.4).overdue and rates.measure(101.6).overdue
    assert rates.measure(101.0).silent is None


def test_time_without_faces_begins_with_images_and_ends_with_a_face() -> None:
    rates = StreamStatistics(0.0)
    assert rates.measure(50.0).seconds_without_face == 0.0
    for time in range(50, 60):
        rates.processed(float(time), 0.1, 0)
    assert rates.measure(59.0).seconds_without_face == 9.0 and not rates.measure(59.0).face_seen
    rates.processed(60.0, 0.1, 2)
    assert rates.measure(60.5).seconds_without_face == 0.5
    # The camera was away in between.
    rates.processed(60.5 + 2 * WINDOW, 0.1, 0)
    assert rates.measure(60.5 + 2 * WINDOW).seconds_without_face == 0.0
    assert rates.measure(60.5 + 2 * WINDOW).face_seen


def test_one_odd_stamp_does_not_change_the_age() -> None:
    rates = StreamStatistics(0.0)
    for index in range(20):
        rates.arrived(index / 10, 3600.0 if index == 15 else 0.02)
    assert rates.measure(1.9).age == 0.02
    rates.arrived(2.0, None)
    assert not rates.measure(2.0).stamped
