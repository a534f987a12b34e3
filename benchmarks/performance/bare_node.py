# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The smallest ROS node in Python: it publishes one message and waits for its end.

python benchmarks/performance/bare_node.py TOPIC
"""

import contextlib
import sys

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from std_msgs.msg import Empty


def main(topic: str) -> None:
    """Publish at once, for a subscriber that is already there."""
    rclpy.init(args=[])
    node = rclpy.create_node('bare_node')
    profile = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
    node.create_publisher(Empty, topic, profile).publish(Empty())
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
    # In order, or the others would go on talking to it for the 20 s of its lease.
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main(sys.argv[1])
