# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a fleet listener knows of each camera of each robot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from mask_proximity.core.alert.monitor import AlertMonitor
from mask_proximity.core.types import NANOSECONDS, Level


@dataclass(frozen=True, slots=True)
class ReceivedAlert:
    """An alert as it came.

    Attributes:
        source: whose, e.g. '/robot1/front'.
        level: of the message.
        text: of the message.
        stamp: header.stamp, nanoseconds.
        latency: from there to its publishing, nanoseconds.
        valid_for: from its publishing on, nanoseconds.
        arrived: by the listener's clock, nanoseconds.
        size: of the message on the wire, bytes.
    """

    source: str
    level: int
    text: str
    stamp: int
    latency: int
    valid_for: int
    arrived: int
    size: int


@dataclass(frozen=True, slots=True)
class Change:
    """A new level.

    Attributes:
        time: when the listener knew, nanoseconds.
        source: whose.
        before: None at the first alert.
        level: the new one.
        text: of the alert, or why it is UNKNOWN without one.
    """

    time: int
    source: str
    before: Level | None
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source stands.

    Attributes:
        source: whose.
        level: by now.
        text: see Change.
        alerts: how many were heard.
        alerts_per_second: over the time from the first to the last; NaN for a single one.
        bytes_per_second: likewise, without what the middleware adds.
        delay: least time from publishing to arrival, seconds: far from 0, or negative, if the
            clocks differ.
    """

    source: str
    level: Level
    text: str
    alerts: int
    alerts_per_second: float
    bytes_per_second: float
    delay: float


@dataclass(slots=True)
class _Record:
    first: ReceivedAlert
    last: ReceivedAlert
    monitor: AlertMonitor = field(default_factory=AlertMonitor)
    reported: Level | None = None
    alerts: int = 0
    later_bytes: int = 0
    delay: int = 0


class FleetStatus:
    """Keeps an AlertMonitor for each source, and tells what changes."""

    def __init__(self) -> None:
        """Begin with nobody known."""
        self._records: dict[str, _Record] = {}

    def update(self, alert: ReceivedAlert) -> None:
        """Take in an alert."""
        delay = alert.arrived - (alert.stamp + alert.latency)
        record = self._records.get(alert.source)
        if record is None:
            record = self._records[alert.source] = _Record(alert, alert, delay=delay)
        else:
            record.later_bytes += alert.size
        record.last = alert
        record.alerts += 1
        record.delay = min(record.delay, delay)
        record.monitor.update(alert.level, alert.stamp, alert.latency, alert.valid_for)

    def changes(self, now: int) -> Iterator[Change]:
        """What is different from what was reported last, by name of the source.

        Args:
            now: nanoseconds, by the clock of `ReceivedAlert.arrived`.
        """
        for source, record in sorted(self._records.items()):
            level = record.monitor.level(now)
            if level is not record.reported:
                yield Change(now, source, record.reported, level, _text(record.last, level, now))
                record.reported = level

    def standings(self, now: int) -> list[SourceStatus]:
        """How every source stands, by name."""
        result = []
        for source, record in sorted(self._records.items()):
            seconds = (record.last.arrived - record.first.arrived) / NANOSECONDS
            level = record.monitor.level(now)
            result.append(
                SourceStatus(
                    source,
                    level,
                    _text(record.last, level, now),
                    record.alerts,
                    (record.alerts - 1) / seconds if seconds > 0.0 else math.nan,
                    record.later_bytes / seconds if seconds > 0.0 else math.nan,
                    record.delay / NANOSECONDS,
                )
            )
        return result


def _text(alert: ReceivedAlert, level: Level, now: int) -> str:
    silent, delay = now - alert.arrived, alert.arrived - (alert.stamp + alert.latency)
    if silent <= alert.valid_for:
        if level == alert.level:
            return alert.text
        if abs(delay) > alert.valid_for:
            return (
                f'its alert came {delay / NANOSECONDS:.1f} s after it was published: it is an old '
                'one, or the clocks differ'
            )
    return f'no alert for {silent / NANOSECONDS:.1f} s'
