# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Speed limit of a robot near people, by the level of the alert and by their distance."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence

from mask_proximity.core.governor.settings import SpeedSettings
from mask_proximity.core.types import NANOSECONDS, Face, Level, MaskState

# Least speed that a base can follow, in metres per second; a lower limit becomes 0.
_MIN_SPEED = 0.02

# Longest time between two calls in seconds that counts for acceleration; above the period of 5 Hz.
_LONGEST_RISE = 0.25


def nearest(faces: Sequence[Face], settings: SpeedSettings) -> float:
    """Distance to the nearest person who may be without a mask; NaN if none is known.

    A face counts if its detection score is above face_confidence and it either is not known to wear
    a mask or raises the level. One standard deviation is subtracted where it is known.

    Args:
        faces: Faces of an alert.
        settings: Speeds, distances and accelerations.

    Returns:
        The distance in metres.
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
    """The forward speed that is allowed for any length of time.

    The limit by distance is the speed v from which the robot stops at stop_distance, after the
    reaction time and with the deceleration of the settings: the remaining distance is
    v * latency + v^2 / (2 * deceleration).

    Args:
        level: Level of the alert, UNKNOWN if it has expired.
        distance: Distance to the nearest person who counts in metres; NaN if unknown.
        settings: Speeds, distances and accelerations.

    Returns:
        The speed in metres per second, infinite if there is no limit.
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
    """Applies the speed limit to commands, with bounded deceleration and delayed acceleration."""

    def __init__(self) -> None:
        """Create a governor that applies the limit to the first command at once."""
        self._last: int | None = None
        self._allowed = math.inf
        self._speed = 0.0
        self._resume = 0
        self._past: deque[tuple[int, float]] = deque()

    @property
    def speed(self) -> float:
        """Last forward speed in metres per second; 0 in reverse."""
        return self._speed

    def limit(
        self, now: int, wanted: float, level: Level, distance: float, settings: SpeedSettings
    ) -> float:
        """The forward speed that is allowed now.

        It never exceeds the wanted speed, and a lower wanted speed applies at once. When the limit
        falls, the speed falls with the bounded deceleration; when the limit has not fallen for
        resume_delay, the speed rises with the bounded acceleration.

        Args:
            now: Current time of any clock in nanoseconds. If it jumps back, the limit
                applies at once.
            wanted: Wanted speed in metres per second, negative in reverse.
            level: Level of the alert, UNKNOWN if it has expired.
            distance: Distance to the nearest person who counts in metres; NaN if unknown.
            settings: Speeds, distances and accelerations.

        Returns:
            The speed in metres per second. A speed in reverse is unchanged, or with limit_reverse
            limited to that of the level.
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
            # Not before the distances show the effect of the last command.
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
        """Distance driven by the commands of the reaction time, which measured distances lack.

        While the robot brakes, these commands were faster than the next one; without them the robot
        would stop too late. Each counts at least as fast as the last one, which the next may equal.
        """
        horizon = now - round(latency * NANOSECONDS)
        while len(self._past) > 1 and self._past[1][0] <= horizon:
            self._past.popleft()
        return sum(
            max(speed, self._speed) * (end - max(since, horizon)) / NANOSECONDS
            for (since, speed), (end, _) in itertools.pairwise([*self._past, (now, 0.0)])
        )
