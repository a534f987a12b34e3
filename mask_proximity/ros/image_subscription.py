# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The images of a camera, raw or compressed, for whichever node takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image

from mask_proximity.ros import qos, topics
from mask_proximity.ros.endpoints import create_subscription

ImageMessage: TypeAlias = Image | CompressedImage
"""A message with an image; image_conversions.image_from_message decodes either type."""

_TYPES = {'raw': Image, 'compressed': CompressedImage}


class ImageSubscription:
    """Subscribes to the images by one transport; for another one, close it and make a new one.

    Attributes:
        transport: Transport of the images, 'raw' or 'compressed'.
        topic: Resolved name of the topic.
    """

    def __init__(
        self,
        node: Node,
        transport: str,
        callback: Callable[[ImageMessage], None],
        profile: QoSProfile = qos.NEWEST_IMAGE,
        on_incompatible: Callable[[str], None] | None = None,
    ) -> None:
        """Subscribe.

        Args:
            node: Node that takes the images.
            transport: Value of its parameter image_transport.
            callback: Gets every message.
            profile: Quality of service that is asked for.
            on_incompatible: Called with a sentence if a publisher does not offer that; default: the
                sentence is logged as an error.
        """
        self.transport = transport
        self.topic = topics.image_topic(node, transport)
        self._node = node
        self._subscription = create_subscription(
            node, _TYPES[transport], self.topic, callback, profile, on_incompatible
        )

    def take_one(self) -> None:
        """Take an image if one has come, while the executor waits for something else."""
        subscription = self._subscription
        with subscription.handle:
            taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
        if taken is not None:
            subscription.callback(taken[0])

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)
