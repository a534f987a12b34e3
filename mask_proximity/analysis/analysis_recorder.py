# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Records an analysis as the messages that the nodes would publish; only this part needs ROS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mask_proximity import environment
from mask_proximity.analysis.playback_clock import PlaybackClock
from mask_proximity.core.outputs.mcap_writer import McapWriter
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.types import FrameResult, Image
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, image_conversions
from mask_proximity.ros.message_definitions import definition, type_name

_TOPICS: dict[str, type[Any]] = {
    '/camera_info': CameraInfo,
    '/image_raw': ImageMessage,
    '/detections': Detection2DArray,
    '/alert': ProximityAlert,
}
_FRAME_ID = 'camera_optical_frame'
# Length of a step that replaces one that PlaybackClock leaves out, nanoseconds.
_PERIOD = 40_000_000


class AnalysisRecorder:
    """Writes images without loss, so that analyzing the recording gives the same result again."""

    def __init__(self, path: Path, valid_for: float) -> None:
        """Open the file.

        Args:
            path: Path of the file.
            valid_for: How long the alerts are valid, seconds.

        Raises:
            OutputError: The file cannot be written.
            SourceError: mcap is not installed.
        """
        environment.prepare(os.environ)
        self._valid_for = valid_for
        self._time = PlaybackClock(_PERIOD)
        self._first: int | None = None
        self._writer = McapWriter(path, compress=True)
        for topic, kind in _TOPICS.items():
            name = type_name(kind)
            self._writer.channel(topic, name, definition(name))

    def add(self, image: Image, result: FrameResult, camera: Pinhole) -> None:
        """Write a frame and its result.

        Args:
            image: Image (height x width x 3, uint8, BGR).
            result: Result of the frame.
            camera: Camera that the result was computed with.

        Raises:
            OutputError: The file cannot be written.
        """
        if self._first is None:
            self._first = result.stamp
        # Players need a time that goes forward. The stamps in the messages are left as they are.
        time = self._first + self._time.advance(result.stamp)
        header = Header(stamp=conversions.time_message(result.stamp), frame_id=_FRAME_ID)
        for topic, message in (
            ('/camera_info', image_conversions.pinhole_info_message(header, camera)),
            ('/image_raw', image_conversions.image_message(image, header)),
            ('/detections', conversions.detections_message(result, header, camera)),
            ('/alert', conversions.alert_message(result.alert, header, 0, self._valid_for, 0)),
        ):
            self._writer.write(topic, serialize_message(message), time)

    def close(self) -> None:
        """Complete the file. May be called twice.

        Raises:
            OutputError: The file cannot be written.
        """
        self._writer.close()
