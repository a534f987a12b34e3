# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth images of a camera, and which of them belongs to a colour image."""

from __future__ import annotations

from collections import deque
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image

from mask_proximity.core.ranging.depth import DepthImage
from mask_proximity.core.types import NANOSECONDS
from mask_proximity.ros import conversions, image_conversions, qos, topics
from mask_proximity.ros.endpoints import create_subscription

# A colour image may be judged while the next depth images come in.
_KEPT = 4


class DepthSubscription:
    """Subscribes to the depth images and keeps the newest ones."""

    def __init__(self, node: Node) -> None:
        """Subscribe.

        Args:
            node: Node that takes the images.
        """
        self._node = node
        self._messages: deque[Image] = deque(maxlen=_KEPT)
        self._subscription = create_subscription(
            node, Image, topics.DEPTH, self._on_image, qos.NEWEST_IMAGE
        )

    def _on_image(self, message: Image) -> None:
        self._messages.append(message)

    def nearest(self, stamp: int, tolerance: float) -> DepthImage | None:
        """The depth image nearest in time to a colour image; called from any thread.

        Args:
            stamp: Stamp of the colour image in nanoseconds.
            tolerance: Largest difference in seconds; None is returned if all differ by more.

        Raises:
            ImageError: The depth image cannot be decoded.
        """

        def away(message: Any) -> int:
            return abs(conversions.nanoseconds(message.header.stamp) - stamp)

        message = min(self._messages.copy(), key=away, default=None)
        if message is None or away(message) > tolerance * NANOSECONDS:
            return None
        return image_conversions.depth_from_message(message)

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)
