# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The consumer's view of an alert."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.alert.monitor import AlertMonitor
from mask_proximity.core.types import Level

SECOND = 1_000_000_000


def test_no_alert_is_unknown() -> None:
    assert AlertMonitor().level(0) is Level.UNKNOWN


def test_an_alert_counts_until_it_expires() -> None:
    monitor = AlertMonitor()
    monitor.update(int(Level.CLEAR), 100 * SECOND, SECOND // 10, 1 * SECOND)
    published = 100 * SECOND + SECOND // 10
    assert monitor.level(published) is Level.CLEAR
    assert monitor.level(published + SECOND) is Level.CLEAR
    assert monitor.level(published + SECOND + 1) is Level.UNKNOWN


def test_a_clock_that_was_set_back_is_unknown() -> None:
    monitor = AlertMonitor()
    monitor.update(int(Level.CLEAR), 100 * SECOND, 0, 1 * SECOND)
    assert monitor.level(50 * SECOND) is Level.UNKNOWN


def test_a_level_of_the_future_is_unknown() -> None:
    monitor = AlertMonitor()
    monitor.update(17, 100 * SECOND, 0, 1 * SECOND)
    assert monitor.level(100 * SECOND) is Level.UNKNOWN


@given(
    st.integers(0, 2**60),
    st.integers(-(2**60), 2**60),
    st.integers(1, 2**40),
    st.integers(1, 2**60),
)
def test_never_believed_after_its_time(stamp: int, latency: int, valid_for: int, late: int) -> None:
    monitor = AlertMonitor()
    monitor.update(int(Level.CLEAR), stamp, latency, valid_for)
    assert monitor.level(stamp + latency) is Level.CLEAR
    assert monitor.level(stamp + latency + valid_for + late) is Level.UNKNOWN


def test_where_the_clock_stands_still_the_steady_one_says_that_nothing_comes() -> None:
    monitor = AlertMonitor()
    monitor.update(int(Level.CLEAR), 100 * SECOND, 0, SECOND, steady=5 * SECOND)
    now = 100 * SECOND
    assert monitor.level(now, steady=6 * SECOND) is Level.CLEAR
    assert monitor.level(now, steady=6 * SECOND + 1) is Level.UNKNOWN
    assert monitor.level(now) is Level.CLEAR, 'who does not ask it is not told'
    assert monitor.level(now + 2 * SECOND, steady=5 * SECOND) is Level.UNKNOWN, 'either one says so'


def test_a_slow_simulation_is_believed_as_long_as_alerts_come() -> None:
    monitor = AlertMonitor()
    for beat in range(20):
        # A heartbeat per half a second of the world, which is a tenth in the simulation.
        steady, now = beat * SECOND // 2, 100 * SECOND + beat * SECOND // 10
        monitor.update(int(Level.CLEAR), now, 0, SECOND, steady)
        assert monitor.level(now, steady + SECOND // 2) is Level.CLEAR
