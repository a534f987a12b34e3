# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The service ~/calibrate_distance: measures a person at a known distance, sets a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

from mask_proximity.core.errors import CalibrationError
from mask_proximity.core.ranging.distance_calibration import DURATION, LONGEST, FaceWidths
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import FrameResult
from mask_proximity.nodes.detector.handover import Idle
from mask_proximity.ros.endpoints import create_steady_timer
from mask_proximity.srv import CalibrateDistance


class CalibrationService:
    """Serves ~/calibrate_distance; the images are still judged meanwhile."""

    def __init__(
        self,
        node: Node,
        settings: Callable[[], DetectorSettings],
        idle: Callable[[], Idle | None],
    ) -> None:
        """Offer the service.

        Args:
            node: Node whose parameter is set.
            settings: Gives the newest snapshot of its settings.
            idle: Says why no images are taken; None while they are.
        """
        self._node, self._settings, self._idle = node, settings, idle
        self._widths: FaceWidths | None = None
        self._camera: Pinhole | None = None
        self._fault: CalibrationError | None = None
        # In its own group, since the service would block images and timers in that of the node.
        # Reentrant, so that a second caller is refused at once.
        node.create_service(
            CalibrateDistance,
            '~/calibrate_distance',
            self._serve,
            callback_group=ReentrantCallbackGroup(),
        )

    def take(self, result: FrameResult, camera: Pinhole) -> None:
        """Measure the face in a frame if a calibration is under way; called in the worker's thread.

        Args:
            result: Result of the frame.
            camera: Camera that took the image.
        """
        widths = self._widths
        if widths is None:
            return
        sure = self._settings().alert_confidence
        try:
            widths.add([face.box for face in result.faces if face.detection_score > sure], camera)
        except CalibrationError as error:
            self._fault = error
        self._camera = camera

    async def _serve(
        self, request: CalibrateDistance.Request, response: CalibrateDistance.Response
    ) -> CalibrateDistance.Response:
        response.value = math.nan
        try:
            widths = self._begin(request)
            try:
                # An await, since the executor has a single thread, which also takes the images.
                await self._passed(request.duration or DURATION)
            finally:
                self._widths = None
            if self._fault is not None:
                raise self._fault
            settings = self._settings()
            camera = self._camera or Pinhole.from_fov(0, 0, 0.0)
            made = widths.result(camera, settings)
            (result,) = self._node.set_parameters([Parameter(made.parameter, value=made.value)])
            if not result.successful:
                raise CalibrationError(result.reason)
        except CalibrationError as error:
            response.message = str(error)
            self._node.get_logger().error(f'The calibration was refused: {error}.')
            return response
        self._node.get_logger().info(f'Calibrated: {made.text}.')
        response.success, response.message = True, made.text
        response.parameter, response.value = made.parameter, made.value
        return response

    def _begin(self, request: CalibrateDistance.Request) -> FaceWidths:
        if self._widths is not None:
            raise CalibrationError('another calibration is under way; wait for its end')
        if not 0.0 <= request.duration <= LONGEST:
            raise CalibrationError(
                f'the duration must be within 0 to {LONGEST:g} s, but it is {request.duration:g}'
            )
        idle = self._idle()
        if idle is not None:
            raise CalibrationError(f'no images are looked at now: {idle.text}')
        widths = FaceWidths(request.distance)
        self._camera = self._fault = None
        self._widths = widths
        return widths

    async def _passed(self, seconds: float) -> None:
        done = Future()
        timer = create_steady_timer(self._node, seconds, lambda: done.set_result(None))
        await done
        self._node.destroy_timer(timer)
