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
        spec: of the source, see core.sources.opening.open_source.
        distance: of the person, metres.
        duration: for which a live source is looked at, seconds; a recorded one is taken whole.
        settings: of all nodes, by name.

    Raises:
        MaskProximityError: source or model cannot be used, or the frames do not tell.
    """
    detector = cast(DetectorSettings, settings['detector_node'])
    lens = cast(CameraSettings, settings['camera_node'])
    known = None
    if lens.camera_info_url:
        known = load_calibration(calibration_path(lens.camera_info_url, _no_package))
    widths = FaceWidths(distance)
    net = load_face_detector(detector)
    source = open_source(spec, SourceSettings(horizontal_fov=lens.horizontal_fov))
    camera = Pinhole.from_fov(0, 0, 0.0)
    deadline = None
    try:
        while (frame := source.read()) is not None:
            if source.rate <= 0.0:
                # From the first frame on: a camera takes a while to wake up.
                deadline = deadline or time.monotonic() + duration
                if time.monotonic() > deadline:
                    break
            height, width = frame.image.shape[:2]
            fov = source.horizontal_fov or lens.horizontal_fov or detector.horizontal_fov
            camera = frame.camera or _camera(width, height, known, fov)
            found = find_faces(frame.image, net, detector)
            sure = [each.box for each in found if each.score > detector.alert_confidence]
            widths.add(sure, camera)
    finally:
        source.close()
    return widths.result(camera, detector)


def _no_package(name: str) -> str:
    raise LookupError(name)  # without ROS


def _camera(width: int, height: int, known: Calibration | None, fov: float) -> Pinhole:
    """As detector_node would know it."""
    camera = None
    if known is not None:
        camera = Pinhole.calibrated(width, height, known.k, known.width, known.height)
    return camera or Pinhole.from_fov(width, height, fov)
