# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Records what the nodes say to each other; the bytes go from the wire to the file as they are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from vision_msgs.msg import Detection2DArray
from visualization_msgs.msg import MarkerArray

from mask_proximity.core.outputs.mcap_writer import McapWriter
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import qos, topics
from mask_proximity.ros.message_definitions import definition, type_name

TOPICS: dict[str, type[Any]] = {
    topics.CAMERA_INFO: CameraInfo,
    topics.IMAGES: Image,
    'detections': Detection2DArray,
    'alert': ProximityAlert,
    'markers': MarkerArray,
    'ground_truth': Detection2DArray,
    '/diagnostics': DiagnosticArray,
}
"""Topics that are recorded if they are published."""

_EVERY_MESSAGE = QoSProfile(depth=100, reliability=qos.STREAM.reliability)
_EVERY_IMAGE = QoSProfile(depth=10, reliability=qos.STREAM.reliability)


class Recorder(Node):
    """Writes every message of TOPICS."""

    def __init__(self, writer: McapWriter, namespace: str = '') -> None:
        """Subscribe.

        Args:
            writer: Writer of the file; the caller closes it.
            namespace: Namespace of the nodes.
        """
        super().__init__('recorder', namespace=namespace or None)
        self._writer = writer
        for name, kind in TOPICS.items():
            self._follow(self.resolve_topic_name(name), kind)

    def _follow(self, topic: str, kind: type[Any]) -> None:
        name = type_name(kind)
        self._writer.channel(topic, name, definition(name))
        self.create_subscription(
            kind,
            topic,
            lambda data: self._writer.write(topic, data, self.get_clock().now().nanoseconds),
            _EVERY_IMAGE if kind is Image else _EVERY_MESSAGE,
            raw=True,
            event_callbacks=qos.subscription_events(self, topic),
        )


@contextlib.contextmanager
def record_graph(path: Path | None, namespace: str) -> Iterator[Recorder | None]:
    """A recorder, to be added to an executor, whose file is whole after the block.

    Args:
        path: Path of the MCAP file; None = nothing is recorded.
        namespace: Namespace of the nodes.

    Raises:
        OutputError: The file cannot be written.
        SourceError: The package mcap is not installed.
    """
    if path is None:
        yield None
        return
    # Uncompressed, since recording must not slow down the nodes that are recorded.
    with McapWriter(path, compress=False) as writer:
        yield Recorder(writer, namespace)
