# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Subscribes to the alert, as a robot behaviour would, and calls back on each change of level."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

from mask_proximity.core import types
from mask_proximity.core.types import Alert, Level, TrueFace
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, image_conversions, qos, simulation_conversions

# Unlike a robot behaviour, which needs the newest alert only, a recorder needs all of them.
_EVERY_ALERT = QoSProfile(
    depth=200, reliability=qos.ALERT.reliability, durability=qos.ALERT.durability
)


class Watcher(Node):
    """Keeps the newest alert, and calls back on alerts, images and the truth.

    Attributes:
        alert: Newest alert; None before the first one.
        on_alert: Called with every alert and its message.
        on_change: Called at every change of level with the previous level (None at the first
            alert), the alert, and its time of publishing in nanoseconds.
    """

    def __init__(self, namespace: str = '') -> None:
        """Subscribe to the alert.

        Args:
            namespace: Namespace of the graph to watch.
        """
        super().__init__('watcher', namespace=namespace or None)
        self.alert: Alert | None = None
        self.on_alert: Callable[[Alert, ProximityAlert], None] = lambda alert, message: None
        self.on_change: Callable[[Level | None, Alert, int], None] = lambda old, new, time: None
        self.create_subscription(ProximityAlert, 'alert', self._on_message, _EVERY_ALERT)

    def watch_overlay(self, callback: Callable[[types.Image, int], None], depth: int) -> None:
        """Call back with each annotated image and its stamp in nanoseconds.

        Args:
            callback: Called with the image (height x width x 3, uint8, BGR) and its stamp.
            depth: How many images may queue up.
        """
        self.create_subscription(
            Image,
            'image_overlay',
            lambda message: callback(
                image_conversions.image_from_message(message),
                conversions.nanoseconds(message.header.stamp),
            ),
            QoSProfile(depth=depth, reliability=qos.STREAM.reliability),
        )

    def watch_truth(self, callback: Callable[[tuple[TrueFace, ...], int], None]) -> None:
        """Call back with the true faces of each simulated frame and its stamp in nanoseconds."""
        self.create_subscription(
            Detection2DArray,
            'ground_truth',
            lambda message: callback(
                simulation_conversions.truth_from_message(message),
                conversions.nanoseconds(message.header.stamp),
            ),
            qos.TRUTH,
        )

    def _on_message(self, message: ProximityAlert) -> None:
        alert = conversions.alert_from_message(message)
        before, self.alert = self.alert, alert
        self.on_alert(alert, message)
        if before is None or before.level is not alert.level:
            self.on_change(
                before.level if before else None,
                alert,
                conversions.nanoseconds(message.header.stamp)
                + conversions.nanoseconds(message.latency),
            )
