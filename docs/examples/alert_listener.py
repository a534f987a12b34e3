# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Says when the level changes, and UNKNOWN when nothing valid has come: a node to start from."""

import time

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from mask_proximity.core.alert.monitor import AlertMonitor
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import qos
from mask_proximity.ros.conversions import nanoseconds
from mask_proximity.ros.runner import run


class AlertListener(Node):
    def __init__(self) -> None:
        super().__init__('alert_listener')
        self.monitor, self.level = AlertMonitor(), None
        self.create_subscription(ProximityAlert, 'alert', self.on_alert, qos.ALERT)
        self.create_timer(0.1, self.act, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def on_alert(self, msg: ProximityAlert) -> None:
        times = (nanoseconds(each) for each in (msg.header.stamp, msg.latency, msg.valid_for))
        self.monitor.update(msg.level, *times, time.monotonic_ns())

    def act(self) -> None:
        # Not in on_alert: of a detector that has died, no message tells.
        now = self.get_clock().now().nanoseconds
        level = self.monitor.level(now, time.monotonic_ns())
        if level is not self.level:
            self.level = level
            self.get_logger().info(level.name)


if __name__ == '__main__':
    run(AlertListener)
