# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Wants to drive straight on, as a navigation stack would, and notes where the robot truly goes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.node import Node

from mask_proximity.core.governor.speed import nearest
from mask_proximity.core.settings.nodes import GovernorSettings
from mask_proximity.core.sources.simulated.camera import CameraPose
from mask_proximity.core.sources.simulated.scene import SimulatedScene
from mask_proximity.core.types import Alert, Level
from mask_proximity.demo.closed_loop import LoopState
from mask_proximity.ros import conversions, qos, simulation_conversions

PERIOD = 0.1
"""Of the commands, seconds."""


class Driver:
    """Publishes cmd_vel_in and hears odom."""

    def __init__(self, node: Node, speed: float) -> None:
        """Begin to drive.

        Args:
            node: in the namespace of the graph.
            speed: metres per second.
        """
        # By the stamp of the frame, nanoseconds: where the camera was, and the forward speed.
        self.poses: dict[int, tuple[CameraPose, float]] = {}
        self._command = Twist()
        self._command.linear.x = speed
        self._commands = node.create_publisher(Twist, 'cmd_vel_in', qos.STREAM)
        node.create_timer(PERIOD, lambda: self._commands.publish(self._command))
        node.create_subscription(Odometry, 'odom', self._take, qos.TRUTH)

    def _take(self, message: Odometry) -> None:
        self.poses[conversions.nanoseconds(message.header.stamp)] = (
            simulation_conversions.pose_from_odometry(message),
            message.twist.twist.linear.x,
        )

    def moments(
        self,
        scene: SimulatedScene,
        alerts: Sequence[tuple[int, Alert]],
        governor: GovernorSettings,
    ) -> list[LoopState]:
        """The course of the drive, by the truth and by what was said of it.

        Args:
            scene: that was driven through, whose every frame was heard of.
            alerts: with the time of their publishing, nanoseconds, in that order.
            governor: settings of the governor.
        """
        published = np.array([time for time, _ in alerts], np.int64)
        moments = []
        for index, (stamp, (pose, speed)) in enumerate(sorted(self.poses.items())):
            time = index / scene.rate
            heard = int(np.searchsorted(published, stamp, side='right')) - 1
            alert = alerts[heard][1] if heard >= 0 else None
            moments.append(
                LoopState(
                    time,
                    scene.nearest(time, pose, masked=False),
                    scene.nearest(time, pose, masked=True),
                    nearest(alert.faces, governor) if alert else float('nan'),
                    alert.level if alert else Level.UNKNOWN,
                    speed,
                )
            )
        return moments
