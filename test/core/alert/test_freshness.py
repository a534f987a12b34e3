# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A clock that stands still is told from a slow one, and an old image from a new one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.alert.freshness import (
    ClockWatch,
    Freshness,
    seconds_until_stale,
    stale_reason,
)
from mask_proximity.core.alert.settings import FreshnessSettings

SECOND = 1_000_000_000
SETTINGS = FreshnessSettings(stale_after=1.0)
NOW = 100 * SECOND


def test_a_clock_stands_still_since_it_was_first_seen_there() -> None:
    watch = ClockWatch()
    looks = [(5, 10.0), (5, 10.5), (6, 11.0), (6, 13.0), (4, 13.5), (4, 14.0)]
    assert [watch.look(now, steady) for now, steady in looks] == [0.0, 0.5, 0.0, 2.0, 0.0, 0.5]


@given(pace=st.floats(0.001, 100.0), looks=st.lists(st.floats(0.001, 3.0), max_size=20))
def test_a_clock_of_any_pace_runs(pace: float, looks: list[float]) -> None:
    watch, steady = ClockWatch(), 50.0
    for pause in looks:
        steady += pause
        assert watch.look(round(steady * pace * SECOND), steady) == 0.0


@pytest.mark.parametrize(
    ('now', 'stood', 'stamp', 'arrived', 'words'),
    [
        (NOW, 0.0, NOW, NOW, None),
        (NOW, 1.0, NOW - SECOND, NOW - SECOND, None),
        (NOW, 1.01, NOW, NOW, 'has stood still'),
        (0, 0.0, SECOND // 2, 0, 'nobody publishes /clock'),
        (NOW, 0.0, NOW - SECOND - 1, NOW, 'more than stale_after'),
        (NOW, 0.0, NOW + 2 * SECOND, NOW, 'in the future'),
        (NOW, 0.0, 0, NOW, 'no stamp'),
        # A stamp a little ahead, which is borne with, must not make an image last longer.
        (NOW, 0.0, NOW - SECOND // 2, NOW - 2 * SECOND, 'more than stale_after'),
    ],
)
def test_doubt(now: int, stood: float, stamp: int, arrived: int, words: str | None) -> None:
    said = stale_reason(now, stood, stamp, arrived, SETTINGS)
    assert said is None if words is None else said is not None and words in said


@given(age=st.integers(-SECOND, SECOND), late=st.integers(0, SECOND), stood=st.floats(0.0, 1.0))
def test_the_rest_that_remains_ends_when_the_doubt_begins(
    age: int, late: int, stood: float
) -> None:
    stamp, arrived = NOW - age, NOW - late
    left = seconds_until_stale(NOW, stood, stamp, arrived, SETTINGS)
    later = NOW + round(left * SECOND) + 2
    assert 0.0 <= left <= 1.0
    stands = stood > max(age, late) / SECOND
    assert stale_reason(later, stood + left + 1e-6 if stands else 0.0, stamp, arrived, SETTINGS)


@given(
    pauses=st.lists(
        st.tuples(st.floats(0.0, 2.0), st.sampled_from(['image', 'look', 'forget', 'stop clock'])),
        max_size=20,
    )
)
def test_freshness_by_a_fake_clock(pauses: list[tuple[float, str]]) -> None:
    freshness = Freshness()
    now, steady, runs = NOW, 50.0, True
    # Of the newest image, and since when the clock has stood at its present value, by the steady
    # clock as far as it was looked at.
    stamp: int | None = None
    freshness.look_at_clock(now, steady)
    for pause, what in pauses:
        steady += pause
        now += round(pause * SECOND) if runs else 0
        if what == 'image':
            stamp = now
            freshness.take_image(now, now)
        elif what == 'forget':
            stamp = None
            freshness.forget_image()
        elif what == 'stop clock':
            runs = False
        freshness.look_at_clock(now, steady)
        if stamp is None:
            with pytest.raises(ValueError, match='no image'):
                freshness.stale_reason(now, SETTINGS)
            continue
        reason = freshness.stale_reason(now, SETTINGS)
        left = freshness.seconds_until_stale(now, SETTINGS)
        assert (reason is None) == (left >= 0.0) or abs(left) < 1e-6
        assert freshness.clock_stood <= SETTINGS.stale_after or reason is not None
        assert (now - stamp) / SECOND <= SETTINGS.stale_after or reason is not None
