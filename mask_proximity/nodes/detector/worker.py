# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The worker thread of detector_node: judges one frame after another.

Everything here belongs to that one thread, except `report`, which any thread may read. If a net
hangs, the alerts stop, and the consumers see them expire.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from rclpy.exceptions import InvalidHandle

from mask_proximity.core.errors import ImageError, error_sentence
from mask_proximity.core.monitoring.stages import DECODE, PUBLISH
from mask_proximity.core.ranging.depth import DepthImage
from mask_proximity.core.ranging.pinhole import Pinhole, pinhole_from_camera_info
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, FrameResult, Level, Reason
from mask_proximity.nodes.detector.current_alert import CurrentAlert
from mask_proximity.nodes.detector.handover import (
    DetectorSlot,
    Frame,
    Idle,
    ImageStream,
    WorkerReport,
)
from mask_proximity.ros import conversions, image_conversions


class DetectorWorker:
    """Takes frames from the slot, judges them, and publishes what is found.

    Attributes:
        report: The newest report; replaced, never changed.
    """

    def __init__(
        self,
        slot: DetectorSlot,
        alert: CurrentAlert,
        logger: Any,
        on_result: Callable[[FrameResult, Pinhole], None] = lambda result, camera: None,
    ) -> None:
        """Start nothing yet; `run` is the thread.

        Args:
            slot: Hands over states and frames.
            alert: The alert in force; has the settings, the clock and the publishers, too.
            logger: Logger of the node.
            on_result: Called with each result and the camera that it was judged with.
        """
        self.report = WorkerReport(slot.state)
        self._slot, self._alert, self._logger = slot, alert, logger
        self._on_result = on_result
        self._depth_fault = ''

    def run(self) -> None:
        """Work until the slot is closed."""
        due = time.monotonic()
        while not self._slot.closed:
            self.step(max(0.0, due - time.monotonic()))
            due = time.monotonic() + self._alert.seconds_to_next()

    def step(self, timeout: float) -> None:
        """Process one frame or state; publish the heartbeat if there is neither.

        Args:
            timeout: Longest wait in seconds.
        """
        state, frame = self._slot.take(timeout, _take_newer)
        if self._slot.closed:
            return
        if state is not self.report.state:
            self._alert.forget_image()
            self.report = WorkerReport(state, clock_stood=self._alert.clock_stood)
        if isinstance(state, Idle):
            self._alert.publish_unknown(state.reason, state.text)
        elif frame is None:
            self._alert.publish_heartbeat(state.topic)
            self._report(self.report)
        else:
            self._process(frame, state)

    def _process(self, frame: Frame, stream: ImageStream) -> None:
        header = frame.message.header
        self._alert.take_image(header)
        # One snapshot for the whole frame.
        settings = self._alert.settings()
        began = time.perf_counter()
        try:
            image = image_conversions.image_from_message(frame.message)
            height, width = image.shape[:2]
            camera = self._alert.camera = pinhole_from_camera_info(
                frame.camera_info, width, height, settings.horizontal_fov, stream.rectified
            )
            stamp = conversions.nanoseconds(header.stamp)
            depth = self._nearest_depth(frame, stamp, settings)
            decoded = time.perf_counter()
            result = stream.pipeline.process(image, stamp, settings, camera, depth)
            judged = time.perf_counter()
            self._on_result(result, camera)
        except ImageError as error:
            self._publish_image_fault(str(error))
            return
        except Exception as error:
            # One frame that breaks a library must not end the watch over the next ones.
            self._publish_model_fault(error_sentence(error))
            return
        if self._slot.state is not stream:
            # The stream was closed meanwhile: no CLEAR may follow.
            return
        self._publish_result(result)
        stages = {
            DECODE: decoded - began,
            **stream.pipeline.stage_times,
            PUBLISH: time.perf_counter() - judged,
        }
        latency = (self._alert.now() - stamp) / NANOSECONDS
        stream.statistics.processed(time.monotonic(), latency, len(result.faces), stages)

    def _publish_result(self, result: FrameResult) -> None:
        looks = result.alert.level is not Level.UNKNOWN
        # The alert goes first, since a robot may have to act on it.
        self._alert.publish(result.alert)
        if looks:
            # An image that shows nothing is not an image without faces.
            self._alert.publish_detections(result)
        fault = '' if looks else result.alert.text
        self._report(WorkerReport(self.report.state, camera_fault=fault))

    def _publish_image_fault(self, fault: str) -> None:
        # Logged at once, since the next image may be whole before the diagnostics run.
        if fault != self.report.image_fault:
            self._logger.error(fault)
        self._report(replace(self.report, image_fault=fault))
        self._alert.publish_unknown(Reason.FAULT, fault)

    def _publish_model_fault(self, fault: str) -> None:
        if fault != self.report.model_fault:
            self._logger.error(fault)
        self._report(replace(self.report, model_fault=fault))
        self._alert.publish_unknown(Reason.FAULT, fault)

    def _report(self, report: WorkerReport) -> None:
        self.report = replace(report, clock_stood=self._alert.clock_stood)

    def _nearest_depth(
        self, frame: Frame, stamp: int, settings: DetectorSettings
    ) -> DepthImage | None:
        if frame.depth is None:
            return None
        try:
            found = frame.depth.nearest(stamp, settings.depth_tolerance)
        except ImageError as error:
            # The width of the face still gives a distance.
            if str(error) != self._depth_fault:
                self._depth_fault = str(error)
                self._logger.error(f'{error}; distances are estimated without it')
            return None
        self._depth_fault = ''
        return found


def _take_newer(state: Idle | ImageStream) -> None:
    """Take the image that the middleware has by now: the executor may be late by one."""
    # The executor's thread may unsubscribe meanwhile.
    with suppress(InvalidHandle):
        if isinstance(state, ImageStream):
            state.take_one()
