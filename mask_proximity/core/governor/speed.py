# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast a robot may drive towards people: by the level of the alert, and by their distance."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence

from mask_proximity.core.governor.settings import SpeedSettings
from mask_proximity.core.types import NANOSECONDS, Face, Level, MaskState

# Slower than a base can follow, metres per second: the way to the stopping point ends there.
_MIN_SPEED = 0.02

# Time in which nobody asked gives no right to speed up, seconds: longer than 5 Hz.
_LONGEST_RISE = 0.25


def nearest(faces: Sequence[Face], settings: SpeedSettings) -> float:
    """Distance to the nearest person who may be without a mask; NaN if none is known.

    Everyone counts who is not known to wear a mask, and everyone who raises a level, if it is sure
    that this is a face. A standard deviation is taken off, as far as it is known.

    Args:
        faces: of an alert.
        settings: Speeds, distances and accelerations.

    Returns:
        Metres.
    """
    return min(
        (
            face.distance - (face.distance_stddev if math.isfinite(face.distance_stddev) else 0.0)
            for face in faces
            if math.isfinite(face.distance)
            and face.detection_score > settings.face_confidence
            and (face.mask_state is not MaskState.MASK or face.level > Level.CLEAR)
        ),
        default=math.nan,
    )


def speed_limit(level: Level, distance: float, settings: SpeedSettings) -> float:
    """The forward speed that may be driven for any length of time.

    By distance it is the speed v from which the robot, after the reaction time and by the bounded
    deceleration, stops at stop_distance: v * latency + v^2 / (2 * deceleration) is the way there.

    Args:
        level: of the alert, UNKNOWN if it has expired.
        distance: to the nearest person who counts, metres; NaN if unknown.
        settings: Speeds, distances and accelerations.

    Returns:
        Metres per second, infinite if there is no limit.
    """
    by_level = {
        Level.UNKNOWN: settings.unknown_speed,
        Level.CLEAR: math.inf,
        Level.CAUTION: settings.caution_speed,
        Level.ALERT: settings.alert_speed,
    }[level]
    if math.isnan(distance):
        return by_level
    way = max(0.0, distance - settings.stop_distance)
    lost = settings.deceleration * settings.latency
    by_distance = math.sqrt(lost**2 + 2.0 * settings.deceleration * way) - lost
    return min(by_level, by_distance if by_distance >= _MIN_SPEED else 0.0)


class SpeedGovernor:
    """Holds a robot to the speed limit: brakes smoothly, and speeds up again gently and late."""

    def __init__(self) -> None:
        """Begin with no past: the first command is held to the limit at once."""
        self._last: int | None = None
        self._allowed = math.inf
        self._speed = 0.0
        self._resume = 0
        self._past: deque[tuple[int, float]] = deque()

    @property
    def speed(self) -> float:
        """The last answer, metres per second; 0 in reverse."""
        return self._speed

    def limit(
        self, now: int, wanted: float, level: Level, distance: float, settings: SpeedSettings
    ) -> float:
        """The forward speed for now.

        Never more than is wanted, and a wish to go slower is fulfilled at once. What the limit
        takes away is taken by the bounded deceleration, and given back by the bounded acceleration
        when the limit has not fallen for resume_delay.

        Args:
            now: any clock, nanoseconds. When it was set back, the limit holds at once.
            wanted: metres per second, negative in reverse.
            level: of the alert, UNKNOWN if it has expired.
            distance: to the nearest person who counts, metres; NaN if unknown.
            settings: Speeds, distances and accelerations.

        Returns:
            Metres per second. Reverse stays as it is, or with limit_reverse is held to the limit
            of the level.
        """
        elapsed = math.inf if self._last is None else (now - self._last) / NANOSECONDS
        self._last = now
        if elapsed < 0.0:
            self._past.clear()
        limit = speed_limit(level, distance, settings)
        if not math.isnan(distance):
            way = (
                distance - settings.stop_distance - self._committed_distance(now, settings.latency)
            )
            limit = min(limit, math.sqrt(2.0 * settings.deceleration * max(0.0, way)))
        if limit <= self._allowed or elapsed < 0.0:
            # Never before the distances tell of what the last command has done.
            delay = max(settings.resume_delay, settings.latency)
            self._resume = now + round(delay * NANOSECONDS)
            driven = min(self._allowed, self._speed)
            braked = driven - settings.deceleration * elapsed
            self._allowed = max(limit, braked) if elapsed >= 0.0 else min(limit, driven)
        elif now >= self._resume:
            risen = self._allowed + settings.acceleration * min(elapsed, _LONGEST_RISE)
            self._allowed = min(limit, risen)
        if not math.isfinite(wanted):
            wanted = 0.0
        self._speed = min(max(wanted, 0.0), self._allowed)
        self._past.append((now, self._speed))
        if wanted >= 0.0:
            return self._speed
        if settings.limit_reverse:
            return max(wanted, -speed_limit(level, math.nan, settings))
        return wanted

    def _committed_distance(self, now: int, latency: float) -> float:
        """The way that the commands of the reaction time make, of which no distance tells yet.

        They were faster than the next one if the robot brakes, and a limit that forgot them would
        lead it too far. None counts for slower than the last, which the next one may equal.
        """
        horizon = now - round(latency * NANOSECONDS)
        while len(self._past) > 1 and self._past[1][0] <= horizon:
            self._past.popleft()
        return sum(
            max(speed, self._speed) * (end - max(since, horizon)) / NANOSECONDS
            for (since, speed), (end, _) in itertools.pairwise([*self._past, (now, 0.0)])
        )
