# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""camera_node: everything that OpenCV can capture, and the simulated scene, as image_raw.

A thread of its own reads the source, since a read blocks; a source that fails or vanishes is
closed and opened anew, each time after a longer pause, and the fault is reported once. The
thread looks at the settings before each image, so that a change acts on the next one.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from ament_index_python.packages import get_package_share_directory
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.errors import CalibrationError, SourceError
from mask_proximity.core.ranging.camera_calibration import (
    Calibration,
    calibration_path,
    load_calibration,
)
from mask_proximity.core.settings.nodes import CameraSettings
from mask_proximity.core.sources import (
    Frame,
    Source,
    SourceSettings,
    is_simulated,
    open_source,
)
from mask_proximity.core.sources.simulated import SimulatedSource
from mask_proximity.ros import conversions, qos, simulation_conversions, topics
from mask_proximity.ros.parameters import NodeParameters
from mask_proximity.ros.runner import run
from mask_proximity.ros.worker import WorkerNode

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0

COMMAND_TIMEOUT = 0.5
"""Seconds: a simulated robot that gets no command for so long stops."""


class CameraNode(WorkerNode):
    """Publishes the images of a source, with camera_info."""

    def __init__(self) -> None:
        """Declare parameters and topics and start reading.

        Raises:
            SettingsError: a parameter breaks a rule.
            CalibrationError: the calibration cannot be used.
        """
        super().__init__('camera_node')
        self._stop = threading.Event()
        # Set by whatever the reading thread must not sleep through.
        self._wake = threading.Event()
        # By the URL, so that one that was checked but not taken over in the end does no harm.
        self._calibrations: dict[str, Calibration] = {}
        self._told_of: object = None
        self._truths: Publisher | None = None
        self._odometry: Publisher | None = None
        self._command = Twist()
        self._commanded = -math.inf
        self._node_parameters = NodeParameters(
            self, CameraSettings, check=self._check, changed=self._on_change
        )
        self._load_calibration(self._node_parameters.current.camera_info_url)
        self._images = self._publisher(Image, topics.IMAGES)
        self._infos = self._publisher(CameraInfo, topics.camera_info_topic(self))
        self._offer_truth(self._node_parameters.current.source)
        self.start_worker(self._read_for_ever)

    def stop_worker(self) -> None:
        """See WorkerNode.stop_worker."""
        self._stop.set()
        self._wake.set()

    def _check(self, old: CameraSettings, new: CameraSettings) -> None:
        if new.camera_info_url != old.camera_info_url:
            self._load_calibration(new.camera_info_url)

    def _on_change(self, _: CameraSettings, new: CameraSettings) -> None:
        self._offer_truth(new.source)
        self._wake.set()

    def _load_calibration(self, url: str) -> None:
        if url:
            path = calibration_path(url, get_package_share_directory)
            self._calibrations[url] = load_calibration(path)

    def _read_for_ever(self) -> None:
        pause = FIRST_PAUSE
        fault = spec = ''
        while not self._stop.is_set():
            settings = self._node_parameters.current
            if settings.source != spec:
                pause, fault, spec = FIRST_PAUSE, '', settings.source
            source, failed = None, False
            try:
                source = open_source(settings.source, _source_settings(settings))
                delivered = False
                told = 0
                for frame in self._frames(source, settings):
                    for problem in source.problems[told:]:
                        self.get_logger().warning(problem)
                    told = len(source.problems)
                    if not delivered:
                        delivered, pause = True, FIRST_PAUSE
                        self._announce(source, frame, again=bool(fault))
                        fault = ''
                    self._publish(frame, source)
            except SourceError as error:
                if not fault:
                    self.get_logger().error(f'{error} (trying again until it works)')
                fault, failed = str(error), True
            finally:
                if source is not None:
                    source.close()
            if failed:
                self._wait(time.monotonic() + pause, settings)
                pause = min(2.0 * pause, LONGEST_PAUSE)

    def _frames(self, source: Source, settings: CameraSettings) -> Iterator[Frame]:
        """Read the source at its pace, and wait at its end.

        Returns when the node stops or the source must be opened anew.
        """
        live = source.rate <= 0.0
        last = -math.inf
        at_start, at_end = True, False
        while not self._stop.is_set():
            current = self._node_parameters.current
            if current != settings:
                if current.source != settings.source or not source.adapt(_source_settings(current)):
                    return
                settings = current
            rate = settings.rate if live else source.rate
            period = 1.0 / rate if rate > 0.0 else 0.0
            due = last + period
            # A camera is read in any case, so that what comes next is a newer image.
            if not live and not self._wait(due, settings):
                continue
            if isinstance(source, SimulatedSource):
                self._drive(source)
            frame = source.read()
            if frame is None:
                if settings.loop:
                    if at_start:
                        raise SourceError(f'{source.description} has no image in it')
                    source.rewind()
                    at_start, at_end = True, False
                    continue
                if not at_end:
                    self.get_logger().info(f'{source.description} has ended.')
                    at_end = True
                self._wait(math.inf, settings)
                continue
            at_start = False
            now = time.monotonic()
            if now >= due:
                # A late frame does not make the next ones hurry.
                last = now if last == -math.inf else max(due, now - period)
                yield frame

    def _wait(self, until: float, settings: CameraSettings) -> bool:
        """Sleep; False if the node stops or the settings are no longer these."""
        while True:
            self._wake.clear()
            if self._stop.is_set() or self._node_parameters.current != settings:
                return False
            left = until - time.monotonic()
            if left <= 0.0:
                return True
            self._wake.wait(min(left, threading.TIMEOUT_MAX))

    def _offer_truth(self, source: str) -> None:
        """Have the topic of the truth once there is one; a real camera does not offer it."""
        if self._truths is None and is_simulated(source):
            self._truths = self._publisher(Detection2DArray, 'ground_truth', qos.TRUTH)
        # So has a scene of the user's own, which alone can have a robot.
        if self._odometry is None and is_simulated(source) and ':' in source:
            self._odometry = self._publisher(Odometry, 'odom', qos.TRUTH)
            self.create_subscription(
                Twist,
                'cmd_vel',
                self._take_command,
                qos.STREAM,
                qos_overriding_options=qos.overridable(),
                event_callbacks=qos.subscription_events(self, self.resolve_topic_name('cmd_vel')),
            )

    def _take_command(self, message: Twist) -> None:
        self._command, self._commanded = message, time.monotonic()

    def _drive(self, source: SimulatedSource) -> None:
        fresh = time.monotonic() - self._commanded < COMMAND_TIMEOUT
        command = self._command if fresh else Twist()
        source.drive(command.linear.x, command.angular.z)

    def _publisher(
        self, kind: type[Any], topic: str, profile: QoSProfile = qos.STREAM
    ) -> Publisher:
        return self.create_publisher(
            kind,
            topic,
            profile,
            qos_overriding_options=qos.overridable(),
            event_callbacks=qos.publisher_events(self, self.resolve_topic_name(topic)),
        )

    def _announce(self, source: Source, frame: Frame, again: bool) -> None:
        height, width = frame.image.shape[:2]
        rate = f' at {source.rate:g} Hz' if source.rate > 0.0 else ''
        self.get_logger().info(
            f'{source.description} {"is back" if again else "delivers images"}: '
            f'{width}x{height}{rate}, on {self.resolve_topic_name(topics.IMAGES)}.'
        )

    def _publish(self, frame: Frame, source: Source) -> None:
        settings = self._node_parameters.current
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=settings.frame_id)
        height, width = frame.image.shape[:2]
        if frame.delivered:
            self._infos.publish(self._camera_info(header, width, height, settings, source))
            self._images.publish(conversions.image_message(frame.image, header))
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
            return conversions.camera_info_message(header, width, height, fov)
        calibration = self._calibrations[url]
        # What is said of a calibration is said once for each size of the images.
        news = self._told_of != (calibration, width, height)
        self._told_of = calibration, width, height
        try:
            scaled = calibration.scaled_to(width, height)
        except CalibrationError as error:
            if news:
                self.get_logger().error(f'{url}: {error}')
            return conversions.camera_info_message(header, width, height, 0.0)
        if news and scaled != calibration:
            self.get_logger().warning(
                f'{url}: the calibration is of {calibration.width}x{calibration.height} images and '
                f'was scaled to {width}x{height}, which is right only if these are not cropped.'
            )
        return conversions.calibrated_info_message(header, scaled)


def _source_settings(settings: CameraSettings) -> SourceSettings:
    return SourceSettings(
        width=settings.width,
        height=settings.height,
        rate=settings.rate,
        horizontal_fov=settings.horizontal_fov,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run camera_node."""
    return run(CameraNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
