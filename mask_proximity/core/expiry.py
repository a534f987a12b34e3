# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The consumer's side of the fail-safe: an alert that has expired is UNKNOWN."""

from __future__ import annotations

from mask_proximity.core.scene import Level


class AlertMonitor:
    """Remembers the newest alert and forgets it when its time is over.

    The alert topic is latched, so the message that a late subscriber receives first may be old,
    and a detector that has died leaves its last word standing. Ask this object, not the message::

        monitor = AlertMonitor()
        monitor.update(msg.level, stamp, latency, valid_for)   # on each message, nanoseconds
        monitor.level(now)                                     # whenever you act
    """

    def __init__(self) -> None:
        """Begin with no alert, which is UNKNOWN."""
        self._level = Level.UNKNOWN
        self._published = 0
        self._expires = 0

    def update(self, level: int, stamp: int, latency: int, valid_for: int) -> None:
        """Take in an alert.

        Args:
            level: of the message.
            stamp: header.stamp, nanoseconds.
            latency: of the message, nanoseconds.
            valid_for: of the message, nanoseconds.
        """
        try:
            self._level = Level(level)
        except ValueError:
            # A level of a newer version is a doubt, and doubts end on the careful side.
            self._level = Level.UNKNOWN
        self._published = stamp + latency
        self._expires = self._published + valid_for

    def level(self, now: int) -> Level:
        """The level to act on.

        Args:
            now: the consumer's clock, nanoseconds; it must agree with the detector's, and where
                it lags by more than the validity (a reset, another clock) the answer is UNKNOWN.
        """
        lag = self._expires - self._published
        if self._published - lag <= now <= self._expires:
            return self._level
        return Level.UNKNOWN
