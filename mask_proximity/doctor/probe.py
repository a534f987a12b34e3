# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The doctor's child processes: one looks at the graph, two send an image to each other.

Processes of their own, because a middleware that hangs or dies must not take the doctor with it,
and because only what passes between two processes shows what passes between camera and detector.
Each prints one JSON object.
"""

from __future__ import annotations

import array
import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CompressedImage, Image

from mask_proximity.core.health import COMPRESSED_IMAGE, RAW_IMAGE
from mask_proximity.doctor.children import HEIGHT, IMAGES_SENT, WIDTH
from mask_proximity.nodes import conversions, graph, qos, topics

_SEND_PERIOD = 0.05
# Best effort as cameras are taken; deep, so that what is lost is lost by the middleware, and not by
# a reader that was busy for a moment.
_ALL_SENT = QoSProfile(depth=IMAGES_SENT, reliability=QoSReliabilityPolicy.BEST_EFFORT)
# Both ends know of each other, but not in the same moment.
_SETTLE_TIME = 0.5
_RATE_TIME = 2.0
_ALERT_TYPE = 'mask_proximity/msg/ProximityAlert'
_IMAGE_TYPES = {RAW_IMAGE: Image, COMPRESSED_IMAGE: CompressedImage}


def main(arguments: list[str]) -> None:
    """Run a job: `look TOPIC NAMESPACE SECONDS`, `send TOPIC SECONDS`, `receive TOPIC SECONDS`."""
    job, *rest, seconds = arguments
    rclpy.init(args=[])
    with _spinning(f'mask_proximity_doctor_{job}') as (node, spin_until):
        deadline = time.monotonic() + float(seconds)
        jobs: dict[str, Callable[..., dict[str, Any]]] = {
            'look': _look,
            'send': _send,
            'receive': _receive,
        }
        result = jobs[job](node, spin_until, deadline, *rest)
    print(json.dumps(result), flush=True)


SpinUntil = Callable[[Callable[[], object], float], bool]


@contextlib.contextmanager
def _spinning(name: str) -> Iterator[tuple[Node, SpinUntil]]:
    node = rclpy.create_node(name)
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def spin_until(condition: Callable[[], object], deadline: float) -> bool:
        while not condition():
            if time.monotonic() > deadline:
                return False
            executor.spin_once(timeout_sec=0.05)
        return True

    try:
        yield node, spin_until
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _send(node: Node, spin_until: SpinUntil, deadline: float, topic: str) -> dict[str, Any]:
    """Publish large images to whoever listens."""
    publisher = node.create_publisher(Image, topic, _ALL_SENT)
    if not spin_until(lambda: publisher.get_subscription_count() > 0, deadline):
        return {'met': False}
    _wait(spin_until, _SETTLE_TIME)
    message = Image(height=HEIGHT, width=WIDTH, encoding='bgr8', step=WIDTH * 3)
    message.data = array.array('B', bytes(HEIGHT * WIDTH * 3))
    for index in range(IMAGES_SENT):
        message.header.frame_id = str(index)
        message.header.stamp = conversions.time_message(time.time_ns())
        publisher.publish(message)
        _wait(spin_until, _SEND_PERIOD)
    _wait(spin_until, _SETTLE_TIME)
    return {'met': True}


def _receive(node: Node, spin_until: SpinUntil, deadline: float, topic: str) -> dict[str, Any]:
    """Count what arrives until the last one, or until the sender has gone."""
    latencies: list[float] = []
    done = False

    def count(message: Image) -> None:
        nonlocal done
        latencies.append((time.time_ns() - conversions.nanoseconds(message.header.stamp)) / 1e9)
        done = message.header.frame_id == str(IMAGES_SENT - 1)

    node.create_subscription(Image, topic, count, _ALL_SENT)
    met = spin_until(lambda: node.count_publishers(topic) > 0, deadline)
    spin_until(lambda: done or node.count_publishers(topic) == 0, deadline)
    return {'met': met, 'latencies': latencies, 'rmw': get_rmw_implementation_identifier()}


def _wait(spin_until: SpinUntil, seconds: float) -> None:
    spin_until(lambda: False, time.monotonic() + seconds)


def _look(
    node: Node, spin_until: SpinUntil, deadline: float, topic: str, namespace: str
) -> dict[str, Any]:
    """What the graph shows of the detector and of its images."""
    # Before everything is discovered, what is missing is no finding.
    spin_until(lambda: _detectors(node, namespace), deadline - _RATE_TIME - _SETTLE_TIME)
    _wait(spin_until, _SETTLE_TIME)
    detectors = [_Detector(node, name, alerts) for name, alerts in _detectors(node, namespace)]
    taken = [images for detector in detectors if (images := detector.images())]
    asked = topic or (taken[0] if taken else topics.IMAGES)
    full = asked if asked.startswith('/') else f'{namespace.rstrip("/")}/{asked}'
    subscriber = detectors[0].name if detectors else ''
    stream = _Stream(node, full)
    spin_until(
        lambda: stream.measured() and all(detector.answered() for detector in detectors), deadline
    )
    seen = graph.look(node, full, subscriber)
    return {
        'topic': full,
        'publishers': [
            {'node': p.node, 'type': p.type, 'unmet': p.unmet, 'wanted': p.wanted}
            for p in seen.publishers
        ],
        'image_topics': list(seen.image_topics),
        'stream': stream.facts(),
        'detectors': [detector.facts() for detector in detectors],
    }


def _detectors(node: Node, namespace: str) -> list[tuple[str, str]]:
    """(Name of the node, topic) of all that publish alerts within a namespace."""
    return sorted(
        (graph.full_name(info.node_namespace, info.node_name), topic)
        for topic, kinds in node.get_topic_names_and_types()
        if _ALERT_TYPE in kinds
        for info in node.get_publishers_info_by_topic(topic)
        if info.node_name != graph.UNKNOWN_NAME
        and f'{info.node_namespace}/'.startswith(f'{namespace.rstrip("/")}/')
    )


class _Stream:
    """The images of a topic, counted without looking into them."""

    def __init__(self, node: Node, topic: str) -> None:
        self._began = time.monotonic()
        self._times: list[float] = []
        self._bytes = 0
        kinds = {info.topic_type for info in node.get_publishers_info_by_topic(topic)}
        many = QoSProfile(depth=10, reliability=QoSReliabilityPolicy.BEST_EFFORT)
        for kind in kinds & _IMAGE_TYPES.keys():
            node.create_subscription(_IMAGE_TYPES[kind], topic, self._count, many, raw=True)

    def _count(self, message: bytes) -> None:
        self._times.append(time.monotonic())
        self._bytes = len(message)

    def measured(self) -> bool:
        return time.monotonic() - self._began > _RATE_TIME

    def facts(self) -> dict[str, Any]:
        times = self._times
        rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
        return {'images': len(times), 'rate': rate, 'bytes': self._bytes}


class _Detector:
    """A detector on the graph: its state, its newest alert, its own diagnostics."""

    def __init__(self, node: Node, name: str, alerts: str) -> None:
        from diagnostic_msgs.msg import DiagnosticArray

        from mask_proximity.msg import ProximityAlert

        self._node, self.name = node, name
        self._alert: ProximityAlert | None = None
        self._said: dict[str, tuple[int, str]] = {}
        self._state: Any = None
        node.create_subscription(ProximityAlert, alerts, self._on_alert, qos.ALERT)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self._ask_state()

    def images(self) -> str | None:
        """The topic that it takes its images from, if it takes any now."""
        namespace, _, name = self.name.rpartition('/')
        for topic, kinds in self._node.get_subscriber_names_and_types_by_node(
            name, namespace or '/'
        ):
            if _IMAGE_TYPES.keys() & set(kinds):
                return str(topic)
        return None

    def _ask_state(self) -> None:
        services = dict(self._node.get_service_names_and_types())
        if f'{self.name}/get_state' not in services:
            return
        from lifecycle_msgs.srv import GetState

        client = self._node.create_client(GetState, f'{self.name}/get_state')
        self._state = client.call_async(GetState.Request())

    def _on_alert(self, message: Any) -> None:
        self._alert = message

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            node, _, name = status.name.partition(': ')
            if node == self.name:
                self._said[name] = (status.level[0], status.message)

    def answered(self) -> bool:
        return (
            self._alert is not None
            and bool(self._said)
            and (self._state is None or self._state.done())
        )

    def facts(self) -> dict[str, Any]:
        state = ''
        if self._state is not None:
            done = self._state.done() and self._state.result() is not None
            state = self._state.result().current_state.label if done else 'no answer'
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
            'diagnostics': self._said,
            'now': self._node.get_clock().now().nanoseconds,
        }


if __name__ == '__main__':
    main(sys.argv[1:])
