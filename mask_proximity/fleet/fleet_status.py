# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The level of each camera of each robot, from the alerts that a fleet listener receives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from mask_proximity.core.alert.monitor import AlertMonitor
from mask_proximity.core.types import NANOSECONDS, Level


@dataclass(frozen=True, slots=True)
class ReceivedAlert:
    """An alert as it was received.

    Attributes:
        source: Namespace of the detector that published it, e.g. '/robot1/front'.
        level: Level in the message.
        text: Text in the message.
        stamp: Stamp of the image (header.stamp), nanoseconds.
        latency: Time from the stamp to publishing, nanoseconds.
        valid_for: How long the alert is valid after publishing, nanoseconds.
        arrived: Time of arrival by the listener's clock, nanoseconds.
        size: Size of the serialized message, bytes.
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
    """A change of the level of a source.

    Attributes:
        time: When the listener noticed it, nanoseconds.
        source: Source of the alerts.
        before: Previous level; None at the first alert.
        level: New level.
        text: Text of the alert, or the reason why the level is UNKNOWN without a valid alert.
    """

    time: int
    source: str
    before: Level | None
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """The present state of a source.

    Attributes:
        source: Source of the alerts.
        level: Present level.
        text: Text of the alert, or the reason why the level is UNKNOWN without a valid alert.
        alerts: Number of alerts received.
        alerts_per_second: Mean rate from the first alert to the last; NaN after a single one.
        bytes_per_second: Mean data rate over the same time, without the middleware's overhead;
            NaN after a single alert.
        delay: Shortest time from publishing to arrival, seconds. If the clocks differ, it is far
            from 0 or negative.
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
    """Keeps an AlertMonitor for each source, and reports changes of level."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def update(self, alert: ReceivedAlert) -> None:
        """Add a received alert."""
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
        """The changes of level since the last call, ordered by source.

        Args:
            now: Present time by the clock of `ReceivedAlert.arrived`, nanoseconds.
        """
        for source, record in sorted(self._records.items()):
            level = record.monitor.level(now)
            if level is not record.reported:
                yield Change(now, source, record.reported, level, _text(record.last, level, now))
                record.reported = level

    def statuses(self, now: int) -> list[SourceStatus]:
        """The status of every source, ordered by source.

        Args:
            now: Present time by the clock of `ReceivedAlert.arrived`, nanoseconds.
        """
        statuses = []
        for source, record in sorted(self._records.items()):
            seconds = (record.last.arrived - record.first.arrived) / NANOSECONDS
            level = record.monitor.level(now)
            statuses.append(
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
        return statuses


def _text(alert: ReceivedAlert, level: Level, now: int) -> str:
    silence, delay = now - alert.arrived, alert.arrived - (alert.stamp + alert.latency)
    if silence <= alert.valid_for:
        if level == alert.level:
            return alert.text
        if abs(delay) > alert.valid_for:
            return (
                f'its alert arrived {delay / NANOSECONDS:.1f} s after it was published: it is an '
                'old one, or the clocks differ'
            )
    return f'no alert for {silence / NANOSECONDS:.1f} s'
