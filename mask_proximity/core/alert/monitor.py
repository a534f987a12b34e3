# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The consumer's side of the fail-safe: an alert that has expired is UNKNOWN."""

from __future__ import annotations

from mask_proximity.core.types import Level


class AlertMonitor:
    """Keeps the newest alert, which is UNKNOWN once it has expired.

    Plain times in, a level out; mask_proximity.client.AlertMonitor takes messages.

    The alert topic is latched, so the message that a late subscriber receives first may be old,
    and a detector that has died leaves its last message standing. The steady time is a second
    opinion for a robot whose clock may stand still (a simulation, a bag): by such a clock nothing
    ever expires.
    """

    def __init__(self) -> None:
        self._level = Level.UNKNOWN
        self._published = 0
        self._valid_for = 0
        self._arrived: int | None = None

    def update(
        self, level: int, stamp: int, latency: int, valid_for: int, steady: int | None = None
    ) -> None:
        """Take an alert when it arrives.

        Args:
            level: Level of the message.
            stamp: Stamp of its header in nanoseconds.
            latency: Latency of the message in nanoseconds.
            valid_for: Validity of the message in nanoseconds.
            steady: Present time of a clock that neither stands still nor jumps, in nanoseconds.
        """
        try:
            self._level = Level(level)
        except ValueError:
            # A level of a newer version is a doubt, and doubts end on the careful side.
            self._level = Level.UNKNOWN
        self._published = stamp + latency
        self._valid_for = valid_for
        self._arrived = steady

    def forget(self) -> None:
        """Forget the alert: the level is UNKNOWN until the next one."""
        self._level = Level.UNKNOWN

    def level(self, now: int, steady: int | None = None) -> Level:
        """The level to act on.

        Args:
            now: Present time of the consumer's clock in nanoseconds; it must agree with the
                detector's, and where it lags by more than the validity (a reset, another clock)
                the answer is UNKNOWN.
            steady: Present time of the steady clock of `update`; None = ask `now` alone.
        """
        ages = [abs(now - self._published)]
        if steady is not None and self._arrived is not None:
            # Alerts come by the detector's steady clock, however slowly a simulation runs.
            ages.append(steady - self._arrived)
        return self._level if max(ages) <= self._valid_for else Level.UNKNOWN
