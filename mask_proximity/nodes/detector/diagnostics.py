# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Publishes on /diagnostics why there is no output, and logs it when that changes."""

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
        """Publish the statuses as one message."""
        ...


class Diagnostics:
    """Judges a detector's facts once a second, publishes the statuses and logs what changes.

    It does so in every lifecycle state and by a steady clock, since the diagnostics must not fall
    silent with the faults that they report.
    """

    def __init__(self, node: Node, gather: Callable[[], Facts]) -> None:
        """Start a timer that judges the node's facts.

        Args:
            node: Node to judge; its graph queries and its logger are used.
            gather: Gives its present facts; called in the executor's thread.
        """
        self._node = node
        self._gather = gather
        self._judge = HealthJudge(middleware(get_rmw_implementation_identifier(), os.environ))
        self._outlet = _updater_outlet(node) or _OwnOutlet(node)
        self._keys: dict[str, str] = {}
        create_steady_timer(node, self._outlet.period, self.tick)

    def on_incompatible_qos(self, sentence: str) -> None:
        """Report an incompatible publisher of the images at once.

        Args:
            sentence: Logged if another publisher is compatible, so that the input is well.
        """
        self.tick()
        if not self._keys.get(STATUS_NAMES[0], '').startswith('qos'):
            self._node.get_logger().error(sentence)

    def tick(self) -> None:
        """Judge, publish and log."""
        try:
            self._report()
        except Exception as error:
            # A fault of the diagnostics must not end the node.
            broken = f'the diagnostics failed ({type(error).__name__}: {first_line(error)})'
            if self._keys.get('') != broken:
                self._keys[''] = broken
                self._node.get_logger().error(broken)

    def _report(self) -> None:
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
    """Use the package diagnostic_updater if it is installed, since users know its parameters."""
    try:
        from diagnostic_updater import Updater
    except ImportError:
        return None

    class UpdaterOutlet(Updater):
        def __init__(self) -> None:
            super().__init__(node, PERIOD)
            # The updater's timer uses the node's clock, which may stand still.
            node.destroy_timer(self.timer)
            self.node_name = node.get_fully_qualified_name()
            self._latest: dict[str, Status] = {}
            for name in STATUS_NAMES:
                self.add(name, functools.partial(self._task, name))

        def addedTaskCallback(self, task: object) -> None:  # noqa: N802
            """Publish nothing yet, since 'OK, starting up' may be wrong."""

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
