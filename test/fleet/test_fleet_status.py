# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Levels of many robots: each change once, expiry as UNKNOWN, and honest rates."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.types import NANOSECONDS, Level
from mask_proximity.fleet.fleet_status import FleetStatus, ReceivedAlert


def alert(
    source: str = '/a',
    level: int = Level.CLEAR,
    at: float = 0.0,
    delay: float = 0.001,
    size: int = 100,
) -> ReceivedAlert:
    """One that is published 0.1 s after its image and valid for a second."""
    published = round(at * NANOSECONDS)
    return ReceivedAlert(
        source,
        level,
        Level(level).name.lower(),
        stamp=published - NANOSECONDS // 10,
        latency=NANOSECONDS // 10,
        valid_for=NANOSECONDS,
        arrived=published + round(delay * NANOSECONDS),
        size=size,
    )


def reported(fleet: FleetStatus, at: float) -> list[tuple[str, Level | None, Level, str]]:
    return [
        (change.source, change.before, change.level, change.text)
        for change in fleet.changes(round(at * NANOSECONDS))
    ]


def test_every_change_is_told_once_with_its_text() -> None:
    fleet = FleetStatus()
    assert reported(fleet, 0.0) == []
    fleet.update(alert('/b', at=0.0))
    fleet.update(alert('/a', Level.ALERT, at=0.0))
    assert reported(fleet, 0.1) == [
        ('/a', None, Level.ALERT, 'alert'),
        ('/b', None, Level.CLEAR, 'clear'),
    ]
    assert reported(fleet, 0.1) == []
    fleet.update(alert('/b', Level.CAUTION, at=0.5))
    assert reported(fleet, 0.6) == [('/b', Level.CLEAR, Level.CAUTION, 'caution')]


def test_who_falls_silent_is_unknown() -> None:
    fleet = FleetStatus()
    fleet.update(alert(at=0.0))
    assert reported(fleet, 0.9) == [('/a', None, Level.CLEAR, 'clear')]
    assert reported(fleet, 2.501) == [('/a', Level.CLEAR, Level.UNKNOWN, 'no alert for 2.5 s')]
    fleet.update(alert(at=3.0))
    assert reported(fleet, 3.1) == [('/a', Level.UNKNOWN, Level.CLEAR, 'clear')]


def test_who_was_unknown_and_falls_silent_is_said_to_be() -> None:
    fleet = FleetStatus()
    fleet.update(alert(level=Level.UNKNOWN))
    assert fleet.statuses(NANOSECONDS // 2)[0].text == 'unknown'
    assert fleet.statuses(5 * NANOSECONDS)[0].text == 'no alert for 5.0 s'


def test_another_clock_is_unknown_and_named() -> None:
    for delay in (7.0, -7.0):
        fleet = FleetStatus()
        fleet.update(alert(at=10.0, delay=delay))
        ((_, _, level, text),) = reported(fleet, 10.0 + delay)
        assert level is Level.UNKNOWN
        assert text.startswith(f'its alert arrived {delay:.1f} s after it was published')


def test_a_single_alert_has_no_rate() -> None:
    fleet = FleetStatus()
    fleet.update(alert())
    (status,) = fleet.statuses(0)
    assert status.alerts == 1
    assert math.isnan(status.alerts_per_second) and math.isnan(status.bytes_per_second)


@settings(max_examples=50)
@given(st.integers(2, 50), st.floats(0.5, 60.0), st.integers(1, 500))
def test_rates(alerts: int, rate: float, size: int) -> None:
    fleet = FleetStatus()
    for number in range(alerts):
        fleet.update(alert(at=number / rate, delay=0.002 + 0.001 * (number % 3), size=size))
    (status,) = fleet.statuses(0)
    assert status.alerts == alerts
    assert math.isclose(status.delay, 0.002)
    assert math.isclose(status.alerts_per_second, rate, rel_tol=0.2)
    assert math.isclose(status.bytes_per_second, size * status.alerts_per_second, rel_tol=1e-6)
