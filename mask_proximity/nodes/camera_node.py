# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""camera_node: everything that OpenCV can capture, and the simulated scene, as image_raw.

A thread of its own reads the source (nodes/camera/reader.py) and publishes what it reads.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence

from ament_index_python.packages import get_package_share_directory
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.publisher import Publisher
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.errors import CalibrationError
from mask_proximity.core.ranging.camera_calibration import (
    Calibration,
    calibration_path,
    load_calibration,
)
from mask_proximity.core.settings.nodes import CameraSettings
from mask_proximity.core.sources.base import Frame, Source
from mask_proximity.core.sources.simulated.source import SimulatedSource, is_simulated
from mask_proximity.nodes.camera.reader import SourceReader
from mask_proximity.ros import image_conversions, qos, simulation_conversions, topics
from mask_proximity.ros.endpoints import create_publisher, create_subscription
from mask_proximity.ros.parameters import NodeParameters
from mask_proximity.ros.runner import run
from mask_proximity.ros.worker import WorkerNode

COMMAND_TIMEOUT = 0.5
"""Seconds after which a simulated robot stops if it gets no command."""


class CameraNode(WorkerNode):
    """Publishes the images of a source, with camera_info."""

    def __init__(self) -> None:
        """Declare parameters and topics and start reading.

        Raises:
            SettingsError: A parameter breaks a rule.
            CalibrationError: The calibration cannot be used.
        """
        super().__init__('camera_node')
        # Keyed by URL, so that a calibration that was checked but not adopted is never used.
        self._calibrations: dict[str, Calibration] = {}
        self._last_logged: object = None
        self._truths: Publisher | None = None
        self._odometry: Publisher | None = None
        self._command = Twist()
        self._commanded = -math.inf
        self._node_parameters = NodeParameters(
            self, CameraSettings, check=self._check, changed=self._on_change
        )
        self._load_calibration(self._node_parameters.current.camera_info_url)
        self._images = create_publisher(self, Image, topics.IMAGES)
        self._infos = create_publisher(self, CameraInfo, topics.camera_info_topic(self))
        self._offer_truth(self._node_parameters.current.source)
        self._reader = SourceReader(lambda: self._node_parameters.current, self, self.get_logger())
        self.start_worker(self._reader.run, self._reader.stop)

    def _check(self, old: CameraSettings, new: CameraSettings) -> None:
        if new.camera_info_url != old.camera_info_url:
            self._load_calibration(new.camera_info_url)

    def _on_change(self, _: CameraSettings, new: CameraSettings) -> None:
        self._offer_truth(new.source)
        self._reader.settings_changed()

    def _load_calibration(self, url: str) -> None:
        if url:
            path = calibration_path(url, get_package_share_directory)
            self._calibrations[url] = load_calibration(path)

    def _offer_truth(self, source: str) -> None:
        """Publish ground truth if the source is simulated; a real camera has none."""
        if self._truths is None and is_simulated(source):
            self._truths = create_publisher(self, Detection2DArray, 'ground_truth', qos.TRUTH)
        # Only a scene file of the user can have a robot.
        if self._odometry is None and is_simulated(source) and ':' in source:
            self._odometry = create_publisher(self, Odometry, 'odom', qos.TRUTH)
            create_subscription(self, Twist, 'cmd_vel', self._take_command, qos.STREAM)

    def _take_command(self, message: Twist) -> None:
        self._command, self._commanded = message, time.monotonic()

    def before_read(self, source: Source) -> None:
        """Let a simulated robot drive as commanded; called before each image is read."""
        if isinstance(source, SimulatedSource):
            fresh = time.monotonic() - self._commanded < COMMAND_TIMEOUT
            command = self._command if fresh else Twist()
            source.drive(command.linear.x, command.angular.z)

    def on_first_frame(self, source: Source, frame: Frame, again: bool) -> None:
        """Log what the source delivers; called with its first frame."""
        height, width = frame.image.shape[:2]
        rate = f' at {source.rate:g} Hz' if source.rate > 0.0 else ''
        self.get_logger().info(
            f'{source.description} {"is back" if again else "delivers images"}: '
            f'{width}x{height}{rate}, on {self.resolve_topic_name(topics.IMAGES)}.'
        )

    def on_frame(self, source: Source, frame: Frame) -> None:
        """Publish a frame with its camera_info; called with each frame."""
        settings = self._node_parameters.current
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=settings.frame_id)
        height, width = frame.image.shape[:2]
        if frame.delivered:
            self._infos.publish(self._camera_info(header, width, height, settings, source))
            self._images.publish(image_conversions.image_message(frame.image, header))
        if self._odometry is not None and isinstance(source, SimulatedSource) and source.robot:
            self._odometry.publish(
                simulation_conversions.odometry_message(
                    source.pose, source.robot.velocity, header.stamp
                )
            )
        if self._truths is not None and frame.truth is not None:
            self._truths.publish(simulation_conversions.truth_message(frame.truth, header))

    def _camera_info(
        self, header: Header, width: int, height: int, settings: CameraSettings, source: Source
    ) -> CameraInfo:
        url = settings.camera_info_url
        if not url:
            fov = settings.horizontal_fov or source.horizontal_fov
            return image_conversions.camera_info_message(header, width, height, fov)
        calibration = self._calibrations[url]
        # Each message about a calibration is logged once for each size of the images.
        is_new = self._last_logged != (calibration, width, height)
        self._last_logged = calibration, width, height
        try:
            scaled = calibration.scaled_to(width, height)
        except CalibrationError as error:
            if is_new:
                self.get_logger().error(f'{url}: {error}')
            return image_conversions.camera_info_message(header, width, height, 0.0)
        if is_new and scaled != calibration:
            self.get_logger().warning(
                f'{url}: the calibration is for {calibration.width}x{calibration.height} images '
                f'and was scaled to {width}x{height}, which is correct only if these are '
                'not cropped.'
            )
        return image_conversions.calibrated_info_message(header, scaled)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run camera_node."""
    return run(CameraNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
