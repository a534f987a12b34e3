# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The outputs of detector_node: alert, detections and their visualization."""

from __future__ import annotations

import math
from collections.abc import Callable

from rclpy.node import Node
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, Alert, FrameResult
from mask_proximity.msg import ProximityAlert
from mask_proximity.nodes.detector.visualization import Visualization
from mask_proximity.ros import conversions, qos
from mask_proximity.ros.endpoints import create_publisher


class AlertPublisher:
    """Owns the publishers; made in the executor's thread, used in the worker's thread."""

    def __init__(
        self, node: Node, settings: Callable[[], DetectorSettings], dropped: Callable[[], int]
    ) -> None:
        """Make the publishers.

        Args:
            node: Node that publishes.
            settings: Gives the newest snapshot of its settings.
            dropped: Gives the number of images that were dropped since the start.
        """
        self._node, self._settings, self._dropped = node, settings, dropped
        self._detections = create_publisher(node, Detection2DArray, 'detections')
        self._alerts = create_publisher(
            node,
            ProximityAlert,
            'alert',
            qos.alert_offer(settings().valid_for),
            qos.DEADLINE_POLICIES,
        )
        self._visualization = Visualization(node)

    @property
    def has_listeners(self) -> bool:
        """Whether one of the topics has a subscriber."""
        return (
            self._visualization.watched
            or self._alerts.get_subscription_count() > 0
            or self._detections.get_subscription_count() > 0
        )

    def publish_alert(self, alert: Alert, header: Header, camera: Pinhole | None) -> None:
        """Publish an alert, and its visualization if that has a subscriber.

        Args:
            alert: Alert about the newest image, or about the lack of images.
            header: Header of the image; without an image, its stamp is the present time.
            camera: Camera that took the image; None if there is no image.
        """
        valid_for = self._settings().valid_for
        now = int(self._node.get_clock().now().nanoseconds)
        self._alerts.publish(
            conversions.alert_message(
                alert,
                header,
                latency=now - conversions.nanoseconds(header.stamp),
                valid_for=valid_for,
                frames_dropped=self._dropped(),
            )
        )
        self._visualization.publish(alert, header, camera, valid_for)

    def publish_detections(self, result: FrameResult, header: Header, camera: Pinhole) -> None:
        """Publish the faces of a frame.

        Args:
            result: Result of the frame.
            header: Header of the image.
            camera: Camera that took the image.
        """
        self._detections.publish(conversions.detections_message(result, header, camera))

    def warn_if_heartbeat_misses_deadline(self, settings: DetectorSettings) -> None:
        """Log a warning if the heartbeat is too slow for the deadline and the lease of `alert`.

        Args:
            settings: Settings that are in force, or about to be.
        """
        offered = self._alerts.qos_profile
        limits = (offered.deadline.nanoseconds, offered.liveliness_lease_duration.nanoseconds)
        shortest = min((each for each in limits if each > 0), default=math.inf) / NANOSECONDS
        if settings.heartbeat_period >= shortest:
            self._node.get_logger().warning(
                f'heartbeat_period ({settings.heartbeat_period:g} s) is not shorter than the '
                f'deadline and the lease that alert is offered with ({shortest:g} s), which stay '
                'as they were at the start (valid_for, or qos_overrides): '
                'subscribers that ask for them will be told of misses.'
            )
