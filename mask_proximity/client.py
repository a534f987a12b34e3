# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The public door of mask_proximity: what a robot's own node imports to act on the alert.

    from mask_proximity.client import ALERT_QOS, AlertMonitor, Level

What `__all__` names here is stable: it changes only with a new minor version, after a release in
which the old form still works and warns. So are the messages, the topics, the parameters and the
commands. Every other module may change in any release.
"""

from __future__ import annotations

import time
from typing import Protocol

from rclpy.qos import QoSProfile

from mask_proximity.core.alert.monitor import AlertMonitor as _AlertMonitor
from mask_proximity.core.types import NANOSECONDS, Level, MaskState, Reason
from mask_proximity.ros import qos

__all__ = ['ALERT_QOS', 'AlertMonitor', 'Level', 'MaskState', 'Reason']

ALERT_QOS: QoSProfile = qos.ALERT
"""Quality of service for subscriptions to the alert: reliable and latched, so that a subscriber
that starts late gets the newest alert at once."""


class _Time(Protocol):
    sec: int
    nanosec: int


class _Header(Protocol):
    stamp: _Time


class _Alert(Protocol):
    header: _Header
    level: int
    latency: _Time
    valid_for: _Time


class AlertMonitor(_AlertMonitor):
    """Keeps the newest alert and gives the level to act on, UNKNOWN once the alert has expired.

    The alert topic is latched and a detector may die, so the newest message may be old. Ask the
    monitor whenever you act, e.g. in a timer, not only when a message arrives::

        monitor = AlertMonitor()
        node.create_subscription(ProximityAlert, 'alert', monitor.update_from_message, ALERT_QOS)
        ...
        level = monitor.level(node.get_clock().now().nanoseconds)

    One thread uses it.
    """

    def update_from_message(self, message: _Alert) -> None:
        """Take an alert; call it for each message when that arrives.

        Args:
            message: A mask_proximity/ProximityAlert. A level that this version does not know
                counts as UNKNOWN.
        """
        self.update(
            message.level,
            _nanoseconds(message.header.stamp),
            _nanoseconds(message.latency),
            _nanoseconds(message.valid_for),
            time.monotonic_ns(),
        )

    def level(self, now: int, steady: int | None = None) -> Level:
        """The level to act on.

        Args:
            now: Present time of the node's clock in nanoseconds. It must agree with the clock of
                the detector: where the two differ by more than the alert's `valid_for`, the level
                is UNKNOWN.
            steady: Present time of `time.monotonic_ns()`; default: asked for here. Alerts also
                expire by it, since the node's clock may stand still, e.g. in a paused simulation.
        """
        return super().level(now, time.monotonic_ns() if steady is None else steady)


def _nanoseconds(time_: _Time) -> int:
    return int(time_.sec) * NANOSECONDS + int(time_.nanosec)
