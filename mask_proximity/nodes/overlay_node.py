# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""overlay_node: draws alerts on their images, paired by exact stamp, for subscribers."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeVar

from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image

from mask_proximity.core.errors import ImageError
from mask_proximity.core.rendering.overlay import OverlayAnnotator
from mask_proximity.core.settings.nodes import OverlaySettings
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, image_conversions, qos
from mask_proximity.ros.endpoints import (
    create_publisher,
    create_steady_timer,
    create_subscription,
)
from mask_proximity.ros.image_subscription import ImageMessage, ImageSubscription
from mask_proximity.ros.parameters import NodeParameters
from mask_proximity.ros.runner import run

# An alert comes a few tens of milliseconds after its image; half a second at 30 Hz is ample.
_PENDING = 15
_WATCH_PERIOD = 0.2

Message = TypeVar('Message', ImageMessage, ProximityAlert)


class OverlayNode(Node):
    """Draws each alert onto the image that it is about."""

    def __init__(self) -> None:
        """Declare parameters and topics; subscribe only while there are subscribers.

        Raises:
            SettingsError: A parameter breaks a rule.
        """
        super().__init__('overlay_node', allow_undeclared_parameters=True)
        self._node_parameters = NodeParameters(self, OverlaySettings)
        self._overlay = create_publisher(self, Image, 'image_overlay')
        self._image_subscription: ImageSubscription | None = None
        self._alert_subscription: Subscription | None = None
        self._images: OrderedDict[int, ImageMessage] = OrderedDict()
        self._alerts: OrderedDict[int, ProximityAlert] = OrderedDict()
        self._fault = ''
        # Humble's rclpy has no matched event, so the subscribers are counted.
        create_steady_timer(self, _WATCH_PERIOD, self._follow_watchers)

    def _follow_watchers(self) -> None:
        transport = self._node_parameters.current.image_transport
        watched = self._overlay.get_subscription_count() > 0
        subscribed = self._image_subscription
        if subscribed is not None and not (watched and subscribed.transport == transport):
            self._unsubscribe(subscribed)
        if watched and self._image_subscription is None:
            self._subscribe(transport)

    def _subscribe(self, transport: str) -> None:
        self._image_subscription = ImageSubscription(self, transport, self._on_image)
        # Not latched, since an earlier alert belongs to no image that will come.
        self._alert_subscription = create_subscription(
            self, ProximityAlert, 'alert', self._on_alert, qos.STREAM
        )

    def _unsubscribe(self, images: ImageSubscription) -> None:
        images.close()
        self.destroy_subscription(self._alert_subscription)
        self._image_subscription = self._alert_subscription = None
        self._images.clear()
        self._alerts.clear()

    def _on_image(self, message: ImageMessage) -> None:
        self._pair(message, self._images)

    def _on_alert(self, message: ProximityAlert) -> None:
        self._pair(message, self._alerts)

    def _pair(self, message: Message, waiting: OrderedDict[int, Message]) -> None:
        stamp = conversions.nanoseconds(message.header.stamp)
        waiting[stamp] = message
        while len(waiting) > _PENDING:
            waiting.popitem(last=False)
        if stamp in self._images and stamp in self._alerts:
            self._draw(self._images.pop(stamp), self._alerts.pop(stamp))

    def _draw(self, image: ImageMessage, alert: ProximityAlert) -> None:
        annotator = OverlayAnnotator(self._node_parameters.current)
        try:
            picture = annotator.annotate(
                image_conversions.image_from_message(image), conversions.alert_from_message(alert)
            )
        except (ImageError, ValueError) as error:
            if str(error) != self._fault:
                self._fault = str(error)
                self.get_logger().error(f'{error}')
            return
        self._fault = ''
        self._overlay.publish(image_conversions.image_message(picture, image.header))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run overlay_node."""
    return run(OverlayNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
