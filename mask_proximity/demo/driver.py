# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Drives straight on, as a navigation stack would command, and notes where the robot really is."""

from __future__ import annotations

import math
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

_COMMAND_PERIOD = 0.1


class Driver:
    """Publishes cmd_vel_in and subscribes to odom.

    Attributes:
        poses: Pose of the camera and forward speed (metres per second) at each frame, by its stamp
            in nanoseconds.
    """

    def __init__(self, node: Node, speed: float) -> None:
        """Start to drive.

        Args:
            node: Node in the namespace of the graph.
            speed: Commanded speed, metres per second.
        """
        self.poses: dict[int, tuple[CameraPose, float]] = {}
        self._command = Twist()
        self._command.linear.x = speed
        self._publisher = node.create_publisher(Twist, 'cmd_vel_in', qos.STREAM)
        node.create_timer(_COMMAND_PERIOD, lambda: self._publisher.publish(self._command))
        node.create_subscription(Odometry, 'odom', self._on_odometry, qos.TRUTH)

    def _on_odometry(self, message: Odometry) -> None:
        self.poses[conversions.nanoseconds(message.header.stamp)] = (
            simulation_conversions.pose_from_odometry(message),
            message.twist.twist.linear.x,
        )

    def loop_states(
        self,
        scene: SimulatedScene,
        alerts: Sequence[tuple[int, Alert]],
        governor: GovernorSettings,
    ) -> list[LoopState]:
        """The course of the drive: what was true at each frame, and what had been published.

        Args:
            scene: Scene that was driven through; a pose of its every frame must have arrived.
            alerts: Alerts ordered by time of publishing, each with that time in nanoseconds.
            governor: Settings of the governor.
        """
        published = np.array([time for time, _ in alerts], np.int64)
        states = []
        for index, (stamp, (pose, speed)) in enumerate(sorted(self.poses.items())):
            time = index / scene.rate
            latest = int(np.searchsorted(published, stamp, side='right')) - 1
            alert = alerts[latest][1] if latest >= 0 else None
            states.append(
                LoopState(
                    time,
                    scene.nearest(time, pose, masked=False),
                    scene.nearest(time, pose, masked=True),
                    nearest(alert.faces, governor) if alert else math.nan,
                    alert.level if alert else Level.UNKNOWN,
                    speed,
                )
            )
        return states
