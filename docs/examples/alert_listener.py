# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Logs each change of the alert level, and UNKNOWN while no valid alert is there."""

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from mask_proximity.client import ALERT_QOS, AlertMonitor
from mask_proximity.msg import ProximityAlert


class AlertListener(Node):
    def __init__(self) -> None:
        super().__init__('alert_listener')
        self.monitor, self.level = AlertMonitor(), None
        callback = self.monitor.update_from_message
        self.create_subscription(ProximityAlert, 'alert', callback, ALERT_QOS)
        self.create_timer(0.1, self.act, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def act(self) -> None:
        # On a timer, not in the callback: a detector that has crashed sends no message.
        level = self.monitor.level(self.get_clock().now().nanoseconds)
        if level is not self.level:
            self.level = level
            self.get_logger().info(level.name)


if __name__ == '__main__':
    rclpy.init()
    try:
        rclpy.spin(AlertListener())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()
