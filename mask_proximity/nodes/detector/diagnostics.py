# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""/diagnostics: once a second why there is no output, and a line in the log when that changes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Protocol

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier

from mask_proximity.core.errors import first_line
from mask_proximity.core.monitoring.health import (
    ALREADY_LOGGED,
    STATUS_NAMES,
    Facts,
    HealthJudge,
    Severity,
    Status,
)
from mask_proximity.middleware import middleware
from mask_proximity.ros import graph_query
from mask_proximity.ros.endpoints import create_steady_timer

PERIOD = 1.0
"""Seconds between two messages on /diagnostics."""


class Outlet(Protocol):
    """Publishes statuses on /diagnostics."""

    period: float

    def publish_statuses(self, statuses: Sequence[Status], hardware_id: str) -> None:
        """Publish them as one message."""
        ...


class Diagnostics:
    """Judges a detector's facts once a second, publishes the statuses and logs what changes.

    In any state of a lifecycle node, and by a clock that cannot stand still, or the diagnostics
    would fall silent with the very faults that they are to name.
    """

    def __init__(self, node: Node, gather: Callable[[], Facts]) -> None:
        """Begin.

        Args:
            node: that is looked after; its graph queries and its logger are used.
            gather: gives its present facts; called in the executor's thread.
        """
        self._node = node
        self._gather = gather
        self._judge = HealthJudge(middleware(get_rmw_implementation_identifier(), os.environ))
        self._outlet = _updater_outlet(node) or _OwnOutlet(node)
        self._keys: dict[str, str] = {}
        create_steady_timer(node, self._outlet.period, self.tick)

    def on_incompatible_qos(self, sentence: str) -> None:
        """For qos.subscription_events of the images: say at once what does not fit.

        Args:
            sentence: for the log, where another publisher fits and the input is well all the same.
        """
        self.tick()
        if not self._keys.get(STATUS_NAMES[0], '').startswith('qos'):
            self._node.get_logger().error(sentence)

    def tick(self) -> None:
        """Judge, publish and log."""
        try:
            self._tell()
        except Exception as error:
            # They must not end what they look after.
            broken = f'the diagnostics failed ({type(error).__name__}: {first_line(error)})'
            if self._keys.get('') != broken:
                self._keys[''] = broken
                self._node.get_logger().error(broken)

    def _tell(self) -> None:
        facts = self._gather()
        surroundings = graph_query.look(
            self._node, facts.topic, self._node.get_fully_qualified_name()
        )
        statuses = self._judge.judge(facts, surroundings)
        self._outlet.publish_statuses(statuses, facts.topic)
        for status in statuses:
            if self._keys.get(status.name) != status.key:
                self._keys[status.name] = status.key
                if not status.key.startswith(ALREADY_LOGGED):
                    self._log(status)

    def _log(self, status: Status) -> None:
        line = f'{status.name}: {status.sentence}'
        logger = self._node.get_logger()
        # rclpy allows a line of code one severity only.
        if status.severity is Severity.ERROR:
            logger.error(line)
        elif status.severity is Severity.WARN:
            logger.warning(line)
        elif status.severity is Severity.OK:
            logger.info(line)


class _OwnOutlet:
    period = PERIOD

    def __init__(self, node: Node) -> None:
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 1)

    def publish_statuses(self, statuses: Sequence[Status], hardware_id: str) -> None:
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        for status in statuses:
            name = f'{self._node.get_fully_qualified_name()}: {status.name}'
            message.status.append(
                _fill(DiagnosticStatus(name=name, hardware_id=hardware_id), status)
            )
        self._publisher.publish(message)


def _updater_outlet(node: Node) -> Outlet | None:
    """By the package diagnostic_updater, where it is installed: users know its parameters."""
    try:
        from diagnostic_updater import Updater
    except ImportError:
        return None

    class UpdaterOutlet(Updater):
        def __init__(self) -> None:
            super().__init__(node, PERIOD)
            # It would use the node's clock; see Diagnostics.
            node.destroy_timer(self.timer)
            self.node_name = node.get_fully_qualified_name()
            self._latest: dict[str, Status] = {}
            for name in STATUS_NAMES:
                self.add(name, functools.partial(self._task, name))

        def addedTaskCallback(self, task: object) -> None:  # noqa: N802
            """Publish nothing yet: 'OK, starting up' is more than is known."""

        def publish_statuses(self, statuses: Sequence[Status], hardware_id: str) -> None:
            self._latest = {status.name: status for status in statuses}
            self.setHardwareID(hardware_id)
            self.force_update()

        def _task(self, name: str, message: DiagnosticStatus) -> DiagnosticStatus:
            return _fill(message, self._latest[name])

    return UpdaterOutlet()


def _fill(message: DiagnosticStatus, status: Status) -> DiagnosticStatus:
    message.level = bytes([status.severity])
    message.message = status.sentence
    message.values = [KeyValue(key=key, value=value) for key, value in status.details]
    return message
