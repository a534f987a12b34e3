# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""speed_governor_node: cmd_vel_in -> cmd_vel_out, held to what the alert allows."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Sequence

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.node import Node
from std_msgs.msg import String

from mask_proximity.client import AlertMonitor
from mask_proximity.core.governor.speech import Announcer
from mask_proximity.core.governor.speed import SpeedGovernor, nearest, speed_limit
from mask_proximity.core.settings.nodes import GovernorSettings
from mask_proximity.core.types import NANOSECONDS, Alert, Level, Reason
from mask_proximity.msg import ProximityAlert
from mask_proximity.nodes.governor.speed_limit import SpeedLimitPublisher
from mask_proximity.ros import conversions, qos
from mask_proximity.ros.endpoints import (
    create_publisher,
    create_steady_timer,
    create_subscription,
)
from mask_proximity.ros.parameters import NodeParameters
from mask_proximity.ros.runner import run

# Seconds; the period of Nav2's velocity smoother.
_PERIOD = 0.05

_NO_ALERT = Alert(Level.UNKNOWN, Reason.NO_IMAGE, '', 0)


class SpeedGovernorNode(Node):
    """Passes commands on, limiting the forward speed; `limit_turn` scales the turn with it."""

    def __init__(self) -> None:
        """Declare parameters and topics.

        Raises:
            SettingsError: A parameter breaks a rule.
        """
        super().__init__('speed_governor_node', allow_undeclared_parameters=True)
        self._node_parameters = NodeParameters(self, GovernorSettings)
        self._governor = SpeedGovernor()
        self._monitor = AlertMonitor()
        self._announcer = Announcer()
        self._alert, self._seen = _NO_ALERT, 0
        self._command: Twist | TwistStamped | None = None
        self._heard = 0
        stamped = self._node_parameters.current.enable_stamped_cmd_vel
        self._kind = TwistStamped if stamped else Twist
        self._commands = create_publisher(self, self._kind, 'cmd_vel_out', qos.COMMAND)
        self._speech = create_publisher(self, String, 'speech')
        self._speed_limit = SpeedLimitPublisher(self)
        create_subscription(self, self._kind, 'cmd_vel_in', self._on_command, qos.COMMAND)
        create_subscription(self, ProximityAlert, 'alert', self._on_alert, qos.ALERT)
        # A detector that has died sends no message.
        self._timer = create_steady_timer(self, _PERIOD, self._act)

    def _on_alert(self, message: ProximityAlert) -> None:
        try:
            self._alert = conversions.alert_from_message(message)
            self._monitor.update_from_message(message)
        except ValueError:
            # An unknown value, e.g. of a newer version, is treated as UNKNOWN.
            self._alert = _NO_ALERT
            self._monitor.forget()
        self._seen = conversions.nanoseconds(message.header.stamp)

    def _on_command(self, message: Twist | TwistStamped) -> None:
        if not _is_finite(_twist(message)):
            self.get_logger().error(
                f'A command on {self.resolve_topic_name("cmd_vel_in")} is not finite, so the robot '
                'is stopped; look for a division by zero in its publisher.',
                throttle_duration_sec=5.0,
            )
            message = self._kind()
        self._command, self._heard = message, self.get_clock().now().nanoseconds
        # Passed on without delay; the timer serves rare commands, and those that stop coming.
        self._timer.reset()
        self._act()

    def _act(self) -> None:
        settings = self._node_parameters.current
        now = self.get_clock().now().nanoseconds
        level = self._monitor.level(now)
        distance = self._distance(now) if level is not Level.UNKNOWN else math.nan
        command = self._command
        if not 0 <= now - self._heard <= settings.command_timeout * NANOSECONDS:
            # One stop, and then silence, in which another source may drive.
            self._command, command = None, self._kind() if command else None
        wanted = _twist(command).linear.x if command else 0.0
        allowed = self._governor.limit(now, wanted, level, distance, settings)
        if command:
            self._publish(command, allowed, settings.limit_turn, now)
        self._speed_limit.publish(now, speed_limit(level, distance, settings), settings.max_speed)
        text = self._announcer.text(now, level, self._alert.since, settings)
        if text:
            self._speech.publish(String(data=text))

    def _distance(self, now: int) -> float:
        # The robot has driven on since the image was taken.
        age = max(0, now - self._seen) / NANOSECONDS
        return (
            nearest(self._alert.faces, self._node_parameters.current) - self._governor.speed * age
        )

    def _publish(
        self, command: Twist | TwistStamped, allowed: float, limit_turn: bool, now: int
    ) -> None:
        command = copy.deepcopy(command)
        if isinstance(command, TwistStamped):
            command.header.stamp = conversions.time_message(now)
        twist = _twist(command)
        if limit_turn and twist.linear.x > 0.0:
            twist.angular.z *= allowed / twist.linear.x
        twist.linear.x = allowed
        self._commands.publish(command)


def _twist(message: Twist | TwistStamped) -> Twist:
    return message.twist if isinstance(message, TwistStamped) else message


def _is_finite(twist: Twist) -> bool:
    vectors = (twist.linear, twist.angular)
    return all(math.isfinite(value) for v in vectors for value in (v.x, v.y, v.z))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run speed_governor_node."""
    return run(SpeedGovernorNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
