# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The consumer's side of the fail-safe: an alert that has expired is UNKNOWN."""

from __future__ import annotations

from mask_proximity.core.types import Level


class AlertMonitor:
    """Remembers the newest alert and forgets it when its time is over.

    The alert topic is latched, so the message that a late subscriber receives first may be old,
    and a detector that has died leaves its last word standing. Ask this object, not the message::

        monitor = AlertMonitor()
        # on each message, nanoseconds:
        monitor.update(msg.level, stamp, latency, valid_for, time.monotonic_ns())
        monitor.level(now, time.monotonic_ns())                # whenever you act

    The steady time is a second opinion for a robot whose clock may stand still (a simulation, a
    bag): by such a clock nothing ever expires.
    """

    def __init__(self) -> None:
        """Begin with no alert, which is UNKNOWN."""
        self._level = Level.UNKNOWN
        self._published = 0
        self._valid_for = 0
        self._arrived: int | None = None

    def update(
        self, level: int, stamp: int, latency: int, valid_for: int, steady: int | None = None
    ) -> None:
        """Take in an alert, once when it arrives.

        Args:
            level: of the message.
            stamp: header.stamp, nanoseconds.
            latency: of the message, nanoseconds.
            valid_for: of the message, nanoseconds.
            steady: the present by a clock that never stands still nor jumps, nanoseconds.
        """
        try:
            self._level = Level(level)
        except ValueError:
            # A level of a newer version is a doubt, and doubts end on the careful side.
            self._level = Level.UNKNOWN
        self._published = stamp + latency
        self._valid_for = valid_for
        self._arrived = steady

    def level(self, now: int, steady: int | None = None) -> Level:
        """The level to act on.

        Args:
            now: the consumer's clock, nanoseconds; it must agree with the detector's, and where
                it lags by more than the validity (a reset, another clock) the answer is UNKNOWN.
            steady: the present by the steady clock of `update`; None = ask `now` alone.
        """
        ages = [abs(now - self._published)]
        if steady is not None and self._arrived is not None:
            # Alerts come by the detector's steady clock, however slowly a simulation runs.
            ages.append(steady - self._arrived)
        return self._level if max(ages) <= self._valid_for else Level.UNKNOWN
