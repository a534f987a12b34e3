# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""speed_governor_node: cmd_vel_in -> cmd_vel_out, held to what the alert allows."""

from __future__ import annotations

import copy
import math
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from std_msgs.msg import String

from mask_proximity.core.alert.monitor import AlertMonitor
from mask_proximity.core.governor.speech import Announcer
from mask_proximity.core.governor.speed import SpeedGovernor, nearest, speed_limit
from mask_proximity.core.settings.nodes import GovernorSettings
from mask_proximity.core.types import NANOSECONDS, Alert, Level, Reason
from mask_proximity.msg import ProximityAlert
from mask_proximity.nodes.governor.speed_limit import SpeedLimitPublisher
from mask_proximity.ros import conversions, qos
from mask_proximity.ros.parameters import NodeParameters
from mask_proximity.ros.runner import run

# Seconds; as often as Nav2's velocity smoother.
_PERIOD = 0.05

_NO_ALERT = Alert(Level.UNKNOWN, Reason.NO_IMAGE, '', 0)


class SpeedGovernorNode(Node):
    """Passes commands on: forward no faster than allowed, the rest as it came."""

    def __init__(self) -> None:
        """Declare parameters and topics.

        Raises:
            SettingsError: a parameter breaks a rule.
        """
        super().__init__('speed_governor_node', allow_undeclared_parameters=True)
        self._node_parameters = NodeParameters(self, GovernorSettings)
        self._governor, self._monitor, self._announcer = (
            SpeedGovernor(),
            AlertMonitor(),
            Announcer(),
        )
        self._alert, self._seen = _NO_ALERT, 0
        self._command: Twist | TwistStamped | None = None
        self._heard = 0
        stamped = self._node_parameters.current.enable_stamped_cmd_vel
        self._kind = TwistStamped if stamped else Twist
        self._overridable = qos.overridable()
        self._commands = self._publisher(self._kind, 'cmd_vel_out', qos.COMMAND)
        self._speech = self._publisher(String, 'speech', qos.STREAM)
        self._speed_limit = SpeedLimitPublisher(self, self._overridable)
        self._subscribe(self._kind, 'cmd_vel_in', self._on_command, qos.COMMAND)
        self._subscribe(ProximityAlert, 'alert', self._on_alert, qos.ALERT)
        # Of a detector that has died no message tells, nor does a clock that stands still.
        self._timer = self.create_timer(
            _PERIOD, self._act, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def _publisher(self, kind: type[Any], topic: str, profile: QoSProfile) -> Publisher:
        events = qos.publisher_events(self, self.resolve_topic_name(topic))
        return self.create_publisher(
            kind, topic, profile, qos_overriding_options=self._overridable, event_callbacks=events
        )

    def _subscribe(
        self, kind: type[Any], topic: str, callback: Callable[[Any], None], profile: QoSProfile
    ) -> None:
        events = qos.subscription_events(self, self.resolve_topic_name(topic))
        self.create_subscription(
            kind,
            topic,
            callback,
            profile,
            qos_overriding_options=self._overridable,
            event_callbacks=events,
        )

    def _on_alert(self, message: ProximityAlert) -> None:
        try:
            self._alert = conversions.alert_from_message(message)
        except ValueError:
            # A value of a newer version is a doubt, and doubts end on the careful side.
            self._alert = _NO_ALERT
        self._seen, latency, valid_for = (
            conversions.nanoseconds(each)
            for each in (message.header.stamp, message.latency, message.valid_for)
        )
        self._monitor.update(self._alert.level, self._seen, latency, valid_for, time.monotonic_ns())

    def _on_command(self, message: Twist | TwistStamped) -> None:
        if not _is_finite(_twist(message)):
            self.get_logger().error(
                f'A command on {self.resolve_topic_name("cmd_vel_in")} is not finite, so the robot '
                'is stopped; look for the division by zero in whatever publishes it.',
                throttle_duration_sec=5.0,
            )
            message = self._kind()
        self._command, self._heard = message, self.get_clock().now().nanoseconds
        # It goes on without delay; the timer is for those that come seldom, or no longer.
        self._timer.reset()
        self._act()

    def _act(self) -> None:
        settings = self._node_parameters.current
        now = self.get_clock().now().nanoseconds
        level = self._monitor.level(now, time.monotonic_ns())
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
