# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The governor of speed: it stops in time, smoothly, and never adds speed."""

from __future__ import annotations

import itertools
import math
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mask_proximity.core.governor.settings import SpeedSettings
from mask_proximity.core.governor.speed import SpeedGovernor, nearest, speed_limit
from mask_proximity.core.types import NANOSECONDS, Box, Face, Level, MaskState

DEFAULTS = SpeedSettings()
# As if this much had passed: of the clock, and of what the machine can count.
START = 1_700_000_000 * NANOSECONDS
# Nanoseconds are whole numbers.
TINY = 1e-6

speeds = st.floats(0.0, 3.0)
distances = st.one_of(st.just(math.nan), st.floats(0.0, 20.0))
levels = st.sampled_from(Level)
tables = st.builds(
    SpeedSettings,
    caution_speed=st.floats(0.2, 2.0),
    alert_speed=st.sampled_from([0.0, 0.2]),
    unknown_speed=st.floats(0.2, 1.0),
    stop_distance=st.floats(0.0, 3.0),
    deceleration=st.floats(0.1, 5.0),
    acceleration=st.floats(0.05, 2.0),
    resume_delay=st.floats(0.0, 3.0),
    latency=st.floats(0.0, 1.0),
)


class Drive:
    """A governor asked again and again."""

    def __init__(self, table: SpeedSettings = DEFAULTS, period: float = 0.05) -> None:
        self.governor, self.table, self.now, self.period = SpeedGovernor(), table, START, period

    def ask(self, wanted: float, level: Level, distance: float = math.nan) -> float:
        self.now += round(self.period * NANOSECONDS)
        return self.governor.limit(self.now, wanted, level, distance, self.table)

    def seconds(self, duration: float, wanted: float, level: Level) -> list[float]:
        return [self.ask(wanted, level) for _ in range(round(duration / self.period))]


# --- the limit ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('level', 'distance', 'expected'),
    [
        (Level.CLEAR, math.nan, math.inf),
        (Level.CAUTION, math.nan, 0.3),
        (Level.ALERT, math.nan, 0.0),
        (Level.UNKNOWN, math.nan, 0.1),
        (Level.CLEAR, math.inf, math.inf),
        (Level.CLEAR, 1.5, 0.0),
        (Level.CLEAR, -1.0, 0.0),
        (Level.CAUTION, 1.6, 0.174),
        (Level.CAUTION, 5.0, 0.3),
        # 1 m/s * 0.4 s + (1 m/s)^2 / (2 * 0.5 m/s^2) = 1.4 m
        (Level.CLEAR, 1.5 + 1.4, 1.0),
        (Level.UNKNOWN, 1.0, 0.0),
    ],
)
def test_the_limit_of_level_and_distance(level: Level, distance: float, expected: float) -> None:
    assert speed_limit(level, distance, DEFAULTS) == pytest.approx(expected, abs=1e-3)


@given(levels, st.floats(0.0, 20.0), tables)
def test_the_way_to_a_stop_is_never_longer_than_there_is(
    level: Level, distance: float, table: SpeedSettings
) -> None:
    speed = speed_limit(level, distance, table)
    way = speed * table.latency + speed**2 / (2 * table.deceleration)
    assert way <= max(0.0, distance - table.stop_distance) + 1e-6
    assert speed <= speed_limit(level, math.nan, table)
    assert speed <= speed_limit(level, distance + 1.0, table)


def person(state: MaskState, distance: float, **values: object) -> Face:
    box = Box(0.0, 0.0, 10.0, 10.0)
    return replace(Face(box, 0.9, 0.5, state, 0.1, distance=distance), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('faces', 'expected'),
    [
        ([], math.nan),
        ([person(MaskState.MASK, 1.0)], math.nan),
        ([person(MaskState.NO_MASK, math.nan)], math.nan),
        ([person(MaskState.NO_MASK, math.nan), person(MaskState.UNSURE, 3.0)], 3.0),
        ([person(MaskState.MASK, 1.0), person(MaskState.INCORRECT, 2.0)], 2.0),
        ([person(MaskState.NO_MASK, 2.0), person(MaskState.NO_MASK, 4.0)], 2.0),
        ([person(MaskState.NO_MASK, 2.0, distance_stddev=0.3)], 1.7),
        # What may be no face does not.
        ([person(MaskState.NO_MASK, 1.0, detection_score=0.5)], math.nan),
        # Whatever raises a level counts.
        ([person(MaskState.MASK, 2.0, level=Level.CAUTION)], 2.0),
    ],
)
def test_the_nearest_person_who_counts(faces: list[Face], expected: float) -> None:
    assert nearest(faces, DEFAULTS) == pytest.approx(expected, nan_ok=True)


# --- the drive ------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    table=tables,
    start=st.floats(0.3, 1.0),
    distance=st.floats(0.0, 8.0),
    rate=st.floats(5.0, 60.0),
    latency=st.floats(0.0, 0.5),
    seeing=st.floats(0.0, 1.0),
    level=levels,
)
# Faster, and then slower again, with both under way.
@example(
    table=SpeedSettings(
        unknown_speed=0.2,
        stop_distance=2.375,
        deceleration=2.0,
        acceleration=1.0,
        resume_delay=0.0,
    ),
    start=0.375,
    distance=2.59765625,
    rate=13.5625,
    latency=0.03125,
    seeing=0.0,
    level=Level.UNKNOWN,
)
def test_it_stops_before_a_standing_person(
    table: SpeedSettings,
    start: float,
    distance: float,
    rate: float,
    latency: float,
    seeing: float,
    level: Level,
) -> None:
    """From any speed at which a stop is possible, however the reaction time is spent."""
    # A tick is a quarter of the period between images; what the reaction time has beyond a period
    # goes to seeing and to brakes.
    drive = Drive(period=1.0 / rate)
    tick_time = drive.period / 4
    delay = round(latency / tick_time)
    sight = round(seeing * delay)
    drive.table = table = replace(table, latency=(delay + 4) * tick_time)
    start *= min(3.0, speed_limit(Level.CLEAR, distance, table))
    drive.seconds(table.latency + drive.period, start, Level.CLEAR)
    spoken = wheels = start
    orders: deque[tuple[int, float]] = deque()
    # Way gone at each tick since the person was there to be seen.
    gone = [0.0]
    while wheels > 0.0:
        tick = len(gone) - 1
        assert tick < 100_000, 'it comes to a stop'
        if tick >= sight and (tick - sight) % 4 == 0:
            before, spoken = spoken, drive.ask(start, level, distance - gone[tick - sight])
            assert before - spoken <= table.deceleration * drive.period + TINY
            orders.append((tick + delay - sight, spoken))
        while orders and orders[0][0] <= tick:
            wheels = orders.popleft()[1]
        gone.append(gone[-1] + wheels * tick_time)
    assert not gone[-1] or distance - gone[-1] >= table.stop_distance - TINY


@settings(max_examples=60)
@given(
    tables,
    st.lists(
        st.tuples(st.floats(-1.0, 3.0), levels, distances, st.floats(0.001, 0.3)), max_size=40
    ),
)
def test_it_holds_the_limit_as_soon_as_smooth_brakes_can(
    table: SpeedSettings, calls: list[tuple[float, Level, float, float]]
) -> None:
    governor, now, former = SpeedGovernor(), START, math.nan
    for wanted, level, distance, elapsed in calls:
        now += round(elapsed * NANOSECONDS)
        speed = governor.limit(now, wanted, level, distance, table)
        if wanted < 0.0:
            assert speed == wanted, 'reverse is left free'
        braked = max(former, 0.0) - table.deceleration * elapsed
        assert speed <= max(wanted, 0.0)
        assert speed <= max(speed_limit(level, distance, table), braked + TINY)
        if not math.isnan(former):
            assert speed >= min(wanted, braked - TINY), 'bounded deceleration'
        former = speed


def test_clear_lets_everything_through() -> None:
    drive = Drive()
    wishes = [0.0, 2.0, 0.1, 1.0, -0.5, 0.7]
    assert [drive.ask(wish, Level.CLEAR) for wish in wishes] == wishes


def test_a_wish_to_go_slower_is_fulfilled_at_once() -> None:
    drive = Drive()
    drive.seconds(1.0, 1.0, Level.CLEAR)
    assert 0.9 < drive.ask(1.0, Level.ALERT) < 1.0
    assert drive.ask(0.0, Level.ALERT) == 0.0
    assert drive.ask(1.0, Level.ALERT) == 0.0, 'and what was given up is not given back'


def test_after_an_alert_it_waits_and_speeds_up_gently() -> None:
    drive = Drive()
    assert drive.seconds(4.0, 1.0, Level.ALERT)[-1] == 0.0
    assert max(drive.seconds(0.95, 1.0, Level.CLEAR)) == 0.0
    speeds = drive.seconds(5.0, 1.0, Level.CLEAR)
    assert speeds[-1] == 1.0
    rises = [later - sooner for sooner, later in itertools.pairwise(speeds)]
    assert min(rises) >= 0.0 and max(rises) <= DEFAULTS.acceleration * drive.period + TINY


@pytest.mark.parametrize('jump', [-3600.0, -0.1, 10.0, 3600.0])
def test_a_clock_that_jumps_gives_no_speed(jump: float) -> None:
    drive = Drive()
    drive.seconds(1.0, 1.0, Level.CLEAR)
    drive.seconds(1.0, 1.0, Level.CAUTION)
    before = drive.ask(1.0, Level.CAUTION)
    drive.now += round(jump * NANOSECONDS)
    assert drive.ask(1.0, Level.ALERT) == 0.0, 'nobody knows how long it was'
    assert before > 0.0
    drive.now += round(jump * NANOSECONDS)
    assert drive.ask(1.0, Level.CLEAR) <= DEFAULTS.acceleration * 0.25


def test_a_clock_that_stands_still_gives_no_speed() -> None:
    drive = Drive(period=0.0)
    assert drive.ask(1.0, Level.UNKNOWN) == 0.1
    assert drive.ask(1.0, Level.CLEAR) == 0.1


@pytest.mark.parametrize('wanted', [math.nan, math.inf, -math.inf])
def test_a_wish_that_is_no_number_stops(wanted: float) -> None:
    assert Drive().ask(wanted, Level.CLEAR) == 0.0


def test_reverse_may_be_held_to_the_levels() -> None:
    drive = Drive(replace(DEFAULTS, limit_reverse=True))
    wishes = [Level.CLEAR, Level.CAUTION, Level.UNKNOWN, Level.ALERT]
    assert [drive.ask(-1.0, level) for level in wishes] == [-1.0, -0.3, -0.1, 0.0]
    assert drive.ask(-0.2, Level.CAUTION) == -0.2
