# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Collects what the doctor needs to know of the graph: detectors, their images, what arrives."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from rclpy.node import Node, NodeNameNonExistentError
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from mask_proximity.core.alert.freshness import stamp_fault
from mask_proximity.core.errors import ImageError
from mask_proximity.core.monitoring.health import COMPRESSED_IMAGE, RAW_IMAGE
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.doctor.spin import SpinUntil
from mask_proximity.doctor.subprocesses import NO_ANSWER
from mask_proximity.ros import conversions, graph_query, image_conversions, qos, topics

# Discovery counts as complete when it has found nothing new for so long, seconds.
_SETTLE_TIME = 0.5
# How long images are counted, seconds.
_RATE_TIME = 1.0
_ALERT_TYPE = 'mask_proximity/msg/ProximityAlert'
_IMAGE_TYPES = {RAW_IMAGE: Image, COMPRESSED_IMAGE: CompressedImage}


class GraphProbe:
    """Probes the graph through a node, and keeps what has been found so far."""

    def __init__(self, node: Node, topic: str, namespace: str) -> None:
        """Subscribe to nothing yet.

        Args:
            node: Node to probe with.
            topic: Topic of the images, relative to the namespace of the detector; '' means the one
                that the detector subscribes to.
            namespace: Namespace of the detectors.
        """
        self._node, self._requested, self._namespace = node, topic, namespace
        self._detectors: dict[str, _Detector] = {}
        self._stream = _Stream(node, self._images()[0])
        self._known: object = None
        self._changed = time.monotonic()

    def run(self, spin_until: SpinUntil, begin: float, seconds: float) -> dict[str, Any]:
        """Probe until nothing is missing, for a bounded time.

        Args:
            spin_until: Spins the node.
            begin: When the node was made, by time.monotonic().
            seconds: Bound from `begin` on, seconds; doubled while discovery still goes on.

        Returns:
            The findings, as values that JSON can hold.
        """
        spin_until(self._complete, begin + seconds)
        spin_until(lambda: self._complete() or self._settled(), begin + 2.0 * seconds)
        detectors = list(self._detectors.values())
        topic, expected = self._images()
        subscriber = detectors[0].name if detectors else ''
        surroundings = graph_query.look(self._node, topic, subscriber)
        return {
            'seconds': time.monotonic() - begin,
            'topic': topic,
            'expected': expected,
            'publishers': [dataclasses.asdict(publisher) for publisher in surroundings.publishers],
            'image_topics': list(surroundings.image_topics),
            # A detector judges the stamps itself, by its own clock and settings.
            'stream': self._stream.facts(judge_stamps=not (detectors or self._simulated())),
            'detectors': [detector.facts() for detector in detectors],
        }

    def _complete(self) -> bool:
        """Follow what discovery has found; return whether nothing is missing any more."""
        for name, alerts in _detectors(self._node, self._namespace):
            if name not in self._detectors:
                self._detectors[name] = _Detector(self._node, name, alerts)
        topic, _ = self._images()
        if self._stream.topic != topic:
            self._stream.close()
            self._stream = _Stream(self._node, topic)
        self._stream.subscribe()
        known = self._node.get_node_names(), self._node.get_topic_names_and_types()
        if self._known != known:
            self._known, self._changed = known, time.monotonic()
        return (
            bool(self._detectors)
            and all(detector.answered() for detector in self._detectors.values())
            and self._stream.measured()
            and self._settled()
        )

    def _settled(self) -> bool:
        return time.monotonic() - self._changed > _SETTLE_TIME

    def _images(self) -> tuple[str, str]:
        """The image topic, and the type that a detector expects on it ('' means unknown)."""
        subscribed = next(
            (found for detector in self._detectors.values() if (found := detector.images())), None
        )
        if subscribed and self._requested in ('', subscribed[0]):
            return subscribed
        topic = self._requested or topics.IMAGES
        if topic.startswith('/'):
            return topic, ''
        first = next(iter(self._detectors), '')
        namespace = first.rpartition('/')[0] if first else self._namespace.rstrip('/')
        return f'{namespace}/{topic}', ''

    def _simulated(self) -> bool:
        """Whether a simulated clock is published."""
        return bool(self._node.count_publishers('/clock'))


def _detectors(node: Node, namespace: str) -> list[tuple[str, str]]:
    """Name of the node and topic of the alert, for every detector within a namespace."""
    return sorted(
        (graph_query.full_name(info.node_namespace, info.node_name), topic)
        for topic, kinds in node.get_topic_names_and_types()
        if _ALERT_TYPE in kinds
        for info in node.get_publishers_info_by_topic(topic)
        if info.node_name != graph_query.UNKNOWN_NAME
        and f'{info.node_namespace}/'.startswith(f'{namespace.rstrip("/")}/')
    )


class _Stream:
    """Counts the images of a topic, and keeps the newest one."""

    def __init__(self, node: Node, topic: str) -> None:
        self.topic = topic
        self._node = node
        self._subscriptions: dict[str, Any] = {}
        self._times: list[float] = []
        self._newest: tuple[bytes, str, int] | None = None

    def subscribe(self) -> None:
        """Subscribe with each image type that has newly appeared on the topic."""
        infos = self._node.get_publishers_info_by_topic(self.topic)
        kinds = {info.topic_type for info in infos} & _IMAGE_TYPES.keys()
        profile = QoSProfile(depth=10, reliability=QoSReliabilityPolicy.BEST_EFFORT)
        for kind in kinds - self._subscriptions.keys():

            def count(message: bytes, kind: str = kind) -> None:
                self._times.append(time.monotonic())
                self._newest = message, kind, self._node.get_clock().now().nanoseconds

            self._subscriptions[kind] = self._node.create_subscription(
                _IMAGE_TYPES[kind], self.topic, count, profile, raw=True
            )

    def close(self) -> None:
        for subscription in self._subscriptions.values():
            self._node.destroy_subscription(subscription)

    def measured(self) -> bool:
        return bool(self._times) and time.monotonic() - self._times[0] > _RATE_TIME

    def facts(self, judge_stamps: bool) -> dict[str, Any]:
        times = self._times
        rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
        facts = {'images': len(times), 'rate': rate, 'bytes': 0, 'format': ''}
        facts |= {'unreadable': '', 'stamps': ''}
        if self._newest is not None:
            content, kind, arrived = self._newest
            message = deserialize_message(content, _IMAGE_TYPES[kind])
            facts['bytes'] = len(content)
            facts['format'] = message.format if kind == COMPRESSED_IMAGE else message.encoding
            try:
                height, width = image_conversions.image_from_message(message).shape[:2]
                facts['format'] = f'{width}x{height} {facts["format"]}'
            except ImageError as error:
                facts['unreadable'] = str(error)
            stamp = conversions.nanoseconds(message.header.stamp)
            if judge_stamps:
                facts['stamps'] = stamp_fault(arrived, stamp, DetectorSettings()) or ''
        return facts


class _Detector:
    """A detector on the graph: its lifecycle state, its newest alert, its diagnostics."""

    def __init__(self, node: Node, name: str, alerts: str) -> None:
        from diagnostic_msgs.msg import DiagnosticArray
        from lifecycle_msgs.srv import GetState

        from mask_proximity.msg import ProximityAlert

        self._node, self.name = node, name
        self._alert: ProximityAlert | None = None
        self._diagnostics: dict[str, tuple[int, str]] = {}
        self._get_state = GetState
        self._state_client: Any = None
        self._state: Any = None
        node.create_subscription(ProximityAlert, alerts, self._on_alert, qos.ALERT)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def images(self) -> tuple[str, str] | None:
        """Name and type of the image topic that it subscribes to; None if there is none now."""
        namespace, _, name = self.name.rpartition('/')
        try:
            found = self._node.get_subscriber_names_and_types_by_node(name, namespace or '/')
        except NodeNameNonExistentError:
            return None
        subscribed = [
            (str(topic), str(kind))
            for topic, kinds in found
            for kind in kinds
            if kind in _IMAGE_TYPES
        ]
        # It may subscribe to depth images, too.
        return min(subscribed, key=lambda images: ('depth' in images[0], images), default=None)

    def _request_state(self) -> None:
        """Ask a lifecycle node for its state, once and as soon as its service is ready."""
        if self._state_client is None:
            if f'{self.name}/get_state' not in dict(self._node.get_service_names_and_types()):
                return
            self._state_client = self._node.create_client(self._get_state, f'{self.name}/get_state')
        if self._state is None and self._state_client.service_is_ready():
            self._state = self._state_client.call_async(self._get_state.Request())

    def _on_alert(self, message: Any) -> None:
        self._alert = message

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            node, _, name = status.name.partition(': ')
            if node == self.name:
                self._diagnostics[name] = (status.level[0], status.message)

    def answered(self) -> bool:
        self._request_state()
        return (
            self._alert is not None
            and bool(self._diagnostics)
            and (self._state_client is None or self._has_state())
        )

    def _has_state(self) -> bool:
        return self._state is not None and bool(self._state.done())

    def facts(self) -> dict[str, Any]:
        state = ''
        if self._state_client is not None:
            answer = self._state.result() if self._has_state() else None
            state = NO_ANSWER if answer is None else answer.current_state.label
        alert = None
        if self._alert is not None:
            alert = {
                'level': int(self._alert.level),
                'reason': int(self._alert.reason),
                'text': self._alert.text,
                'expires': conversions.nanoseconds(self._alert.header.stamp)
                + conversions.nanoseconds(self._alert.latency)
                + conversions.nanoseconds(self._alert.valid_for),
            }
        return {
            'name': self.name,
            'state': state,
            'alert': alert,
            'diagnostics': self._diagnostics,
            'now': self._node.get_clock().now().nanoseconds,
        }
