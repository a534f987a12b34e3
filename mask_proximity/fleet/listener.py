# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Receives every alert of a ROS domain, whatever its namespace."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Thread

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from rclpy.signals import SignalHandlerOptions

from mask_proximity.fleet.fleet_status import ReceivedAlert
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import qos
from mask_proximity.ros.conversions import nanoseconds

_TYPE = 'mask_proximity/msg/ProximityAlert'
# Seconds between two searches for new topics.
_SEARCH_PERIOD = 0.25
# A few alerts of a source may queue up. If a source floods, only its newest ones are kept.
_ALERTS = QoSProfile(depth=10, reliability=qos.ALERT.reliability, durability=qos.ALERT.durability)


class DomainListener:
    """Subscribes to the alerts of a domain as their topics appear, in a thread of its own."""

    def __init__(
        self, domain: int | None, prefix: str, on_alert: Callable[[ReceivedAlert], None]
    ) -> None:
        """Join the domain and start to listen.

        Args:
            domain: Id of the domain; None means that of ROS_DOMAIN_ID.
            prefix: Put before the name of each source.
            on_alert: Called with every alert, in the listener's thread.
        """
        self._prefix, self._on_alert = prefix, on_alert
        self._context = rclpy.Context()
        rclpy.init(
            args=[],
            context=self._context,
            domain_id=domain,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self._node = rclpy.create_node(
            'fleet_listener',
            context=self._context,
            # rosout does not work for two domains in one process.
            enable_rosout=False,
            start_parameter_services=False,
        )
        self._topics: set[str] = set()
        self._node.create_timer(_SEARCH_PERIOD, self._subscribe_to_new_topics)
        self._thread = Thread(target=self._spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the domain and end the thread."""
        self._context.try_shutdown()
        self._thread.join()

    def _spin(self) -> None:
        executor = SingleThreadedExecutor(context=self._context)
        try:
            executor.add_node(self._node)
            while self._context.ok():
                executor.spin_once(timeout_sec=_SEARCH_PERIOD)
        except ExternalShutdownException:
            pass
        finally:
            executor.shutdown()
            self._node.destroy_node()

    def _subscribe_to_new_topics(self) -> None:
        for topic, types in self._node.get_topic_names_and_types():
            if _TYPE in types and topic not in self._topics:
                self._topics.add(topic)
                self._node.create_subscription(
                    ProximityAlert,
                    topic,
                    partial(self._receive, self._prefix + (topic.rpartition('/')[0] or '/')),
                    _ALERTS,
                    event_callbacks=qos.subscription_events(self._node, topic),
                    # Serialized, because its length is what crosses the network.
                    raw=True,
                )

    def _receive(self, source: str, serialized: bytes) -> None:
        arrived = time.time_ns()
        alert = deserialize_message(serialized, ProximityAlert)
        self._on_alert(
            ReceivedAlert(
                source,
                alert.level,
                alert.text,
                nanoseconds(alert.header.stamp),
                nanoseconds(alert.latency),
                nanoseconds(alert.valid_for),
                arrived,
                len(serialized),
            )
        )
