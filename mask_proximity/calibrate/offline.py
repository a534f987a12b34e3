# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrates the distance on a camera, a file or a folder of pictures, without ROS."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import cast

from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.perception.pipeline import find_faces
from mask_proximity.core.ranging.camera_calibration import (
    Calibration,
    calibration_path,
    load_calibration,
)
from mask_proximity.core.ranging.distance_calibration import DistanceCalibration, FaceWidths
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.settings.nodes import CameraSettings, DetectorSettings
from mask_proximity.core.settings_table import Settings
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source


def calibrate(
    spec: str, distance: float, duration: float, settings: Mapping[str, Settings]
) -> DistanceCalibration:
    """Measure the widest face of a source.

    Args:
        spec: Specification of the source, see core.sources.opening.open_source.
        distance: Distance from the camera to the person's face, metres.
        duration: How long a live source is measured, seconds; a recorded one is read to its end.
        settings: Settings of all nodes, by name.

    Raises:
        MaskProximityError: The source or a model cannot be used, or the frames allow no result.
    """
    detector = cast(DetectorSettings, settings['detector_node'])
    camera_settings = cast(CameraSettings, settings['camera_node'])
    calibration = None
    if camera_settings.camera_info_url:
        path = calibration_path(camera_settings.camera_info_url, _no_package)
        calibration = load_calibration(path)
    widths = FaceWidths(distance)
    net = load_face_detector(detector)
    source = open_source(spec, SourceSettings(horizontal_fov=camera_settings.horizontal_fov))
    camera = Pinhole.from_fov(0, 0, 0.0)
    deadline = None
    try:
        while (frame := source.read()) is not None:
            if source.rate <= 0.0:
                # Counted from the first frame, because a camera takes a while to start.
                deadline = deadline or time.monotonic() + duration
                if time.monotonic() > deadline:
                    break
            height, width = frame.image.shape[:2]
            fov = source.horizontal_fov or camera_settings.horizontal_fov or detector.horizontal_fov
            camera = frame.camera or _camera(width, height, calibration, fov)
            faces = find_faces(frame.image, net, detector)
            widths.add(
                [face.box for face in faces if face.score > detector.alert_confidence], camera
            )
    finally:
        source.close()
    return widths.result(camera, detector)


def _no_package(name: str) -> str:
    # package:// cannot be resolved without ROS.
    raise LookupError(name)


def _camera(width: int, height: int, calibration: Calibration | None, fov: float) -> Pinhole:
    """The camera as detector_node would know it, from its calibration or its field of view."""
    camera = None
    if calibration is not None:
        camera = Pinhole.calibrated(
            width, height, calibration.k, calibration.width, calibration.height
        )
    return camera or Pinhole.from_fov(width, height, fov)
