# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""camera_node: everything that OpenCV can capture, and the simulated scene, as image_raw.

A thread of its own reads the source, since a read blocks; a source that fails or vanishes is
closed and opened anew, each time after a longer pause, and the trouble is reported once.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence

from rclpy.publisher import Publisher
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.config import CameraSettings
from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources import SIMULATED, Frame, Source, SourceSettings, open_source
from mask_proximity.nodes import conversions, qos, topics
from mask_proximity.nodes.parameters import NodeParameters
from mask_proximity.nodes.runner import run
from mask_proximity.nodes.worker import WorkerNode

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0


class CameraNode(WorkerNode):
    """Publishes the images of a source, with camera_info."""

    def __init__(self) -> None:
        """Declare parameters and topics and start reading.

        Raises:
            SettingsError: a parameter breaks a rule.
        """
        super().__init__('camera_node')
        self._settings = NodeParameters(self, CameraSettings).current
        overridable = qos.overridable()
        self._images = self.create_publisher(
            Image, topics.IMAGES, qos.STREAM, qos_overriding_options=overridable
        )
        self._infos = self.create_publisher(
            CameraInfo,
            topics.camera_info_topic(self),
            qos.STREAM,
            qos_overriding_options=overridable,
        )
        # A real camera does not offer the truth.
        self._truths: Publisher | None = None
        if self._settings.source.strip() == SIMULATED:
            self._truths = self.create_publisher(
                Detection2DArray, 'ground_truth', qos.TRUTH, qos_overriding_options=overridable
            )
        self._stop = threading.Event()
        self.start_worker(self._read_for_ever)

    def stop_worker(self) -> None:
        """See WorkerNode.stop_worker."""
        self._stop.set()

    def _read_for_ever(self) -> None:
        pause = FIRST_PAUSE
        trouble = ''
        while not self._stop.is_set():
            source = None
            try:
                source = self._open()
                delivered = False
                told = 0
                for frame in self._frames(source):
                    for problem in source.problems[told:]:
                        self.get_logger().warning(problem)
                    told = len(source.problems)
                    if not delivered:
                        delivered, pause = True, FIRST_PAUSE
                        self._announce(source, frame, again=bool(trouble))
                        trouble = ''
                    self._publish(frame, source)
                if self._stop.is_set():
                    return
                self.get_logger().info(f'{source.description} has ended.')
                return
            except SourceError as error:
                if not trouble:
                    self.get_logger().error(f'{error} (trying again until it works)')
                trouble = str(error)
            finally:
                if source is not None:
                    source.close()
            self._stop.wait(pause)
            pause = min(2.0 * pause, LONGEST_PAUSE)

    def _open(self) -> Source:
        settings = self._settings
        return open_source(
            settings.source,
            SourceSettings(
                width=settings.width,
                height=settings.height,
                rate=settings.rate,
                horizontal_fov=settings.horizontal_fov,
            ),
        )

    def _frames(self, source: Source) -> Iterator[Frame]:
        """Read the source at its pace until it ends or the node stops."""
        live = source.rate <= 0.0
        rate = self._settings.rate if live else source.rate
        period = 1.0 / rate if rate > 0.0 else 0.0
        due = time.monotonic()
        at_start = True
        while not self._stop.is_set():
            frame = source.read()
            if frame is None:
                if not self._settings.loop:
                    return
                if at_start:
                    raise SourceError(f'{source.description} has no image in it')
                source.rewind()
                at_start = True
                continue
            at_start = False
            wait = due - time.monotonic()
            if wait > 0.0:
                if live:
                    # A camera that is quicker than asked for: its next image is a newer one.
                    continue
                if self._stop.wait(wait):
                    return
            # A late frame does not make the next ones hurry.
            due = max(due + period, time.monotonic())
            yield frame

    def _announce(self, source: Source, frame: Frame, again: bool) -> None:
        height, width = frame.image.shape[:2]
        rate = f' at {source.rate:g} Hz' if source.rate > 0.0 else ''
        self.get_logger().info(
            f'{source.description} {"is back" if again else "delivers images"}: '
            f'{width}x{height}{rate}, on {self.resolve_topic_name(topics.IMAGES)}.'
        )

    def _publish(self, frame: Frame, source: Source) -> None:
        settings = self._settings
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=settings.frame_id)
        height, width = frame.image.shape[:2]
        fov = settings.horizontal_fov or source.horizontal_fov
        self._infos.publish(conversions.camera_info_message(header, width, height, fov))
        self._images.publish(conversions.image_message(frame.image, header))
        if self._truths is not None and frame.truth is not None:
            self._truths.publish(conversions.truth_message(frame.truth, header))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run camera_node."""
    return run(CameraNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
