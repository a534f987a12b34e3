# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The limit for the controllers of Nav2 (`speed_limit`), where nav2_msgs is installed."""

from __future__ import annotations

from types import ModuleType

from rclpy.node import Node
from std_msgs.msg import Header

from mask_proximity.core.types import NANOSECONDS
from mask_proximity.ros import conversions
from mask_proximity.ros.endpoints import create_publisher


class SpeedLimitPublisher:
    """Publishes each change, and every second for a controller that starts later."""

    def __init__(self, node: Node) -> None:
        """Make the publisher, if there is a message for it.

        Args:
            node: Node that publishes.
        """
        self._nav2 = _nav2()
        self._percentage, self._published = 0, 0
        if self._nav2 is not None:
            self._publisher = create_publisher(node, self._nav2.SpeedLimit, 'speed_limit')

    def publish(self, now: int, limit: float, max_speed: float) -> None:
        """Publish the limit.

        Args:
            now: Time of the node's clock in nanoseconds.
            limit: Limit in metres per second, infinite if there is none.
            max_speed: Speed in metres per second that the controller takes as 100 %.
        """
        if self._nav2 is None:
            return
        # 0 means 'no limit' to Nav2, so 1 % is the lowest limit.
        percentage = max(1, int(min(1.0, limit / max_speed) * 100.0))
        if percentage == self._percentage and 0 <= now - self._published < NANOSECONDS:
            return
        self._percentage, self._published = percentage, now
        self._publisher.publish(
            self._nav2.SpeedLimit(
                header=Header(stamp=conversions.time_message(now)),
                percentage=True,
                speed_limit=float(percentage),
            )
        )


def _nav2() -> ModuleType | None:
    try:
        import nav2_msgs.msg
    except ImportError:
        return None
    return nav2_msgs.msg  # type: ignore[no-any-return]
