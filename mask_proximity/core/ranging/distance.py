# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Distance of a face by the pinhole model: focal length * true width / width in pixels.

Where a depth image has measured the face, its value is used instead. How the constants were
measured, and what the standard deviation covers, is in docs/distance.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mask_proximity.core.ranging.depth import SENSOR_STDDEV, DepthImage, depth_of
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.ranging.settings import RangingSettings
from mask_proximity.core.types import DistanceSource, FaceDetection

# --- Standard deviations, relative to the distance ------------------------------------------------
# Spread of the box widths of frontal faces relative to the distance of the pupils
# (benchmarks/face_width.py), and of that distance among adults, 3.6 of 63 mm:
# sqrt(0.077^2 + 0.057^2).
_ADULTS = 0.096
# If every tenth person is a child whose face is a sixth narrower: sqrt(0.1 * 0.9) / 6.
_CHILDREN = 0.05
# Additional spread of the box widths from turned or tilted heads.
_POSE = 0.05
# Assumed error of a field of view from a data sheet or of a calibration at another aspect ratio.
_NOMINAL = 0.05
_PEOPLE = math.hypot(_ADULTS, _CHILDREN, _POSE)

# Noise of a box width from frame to frame as a fraction of the image width: 2 pixels of 640. It is
# proportional to the image width because the SSD resizes every image to a fixed size.
_BOX_NOISE = 1 / 320

# --- Shape of a face's box ------------------------------------------------------------------------
# Ratio of height to width of the box of a frontal face.
_ASPECT = 1.33
# Relative standard deviation that is added for a box cut off by the edge of the image.
_CUT = 0.15

# YuNet's boxes of turned heads are narrower. By the offset of the nose from the middle of the eyes,
# relative to the distance of the eyes: how much wider the box of the same head from the front is.
_NOSE_OFFSETS = (0.3, 0.6)
_WIDENING = (1.0, 1.08)


@dataclass(frozen=True, slots=True)
class Range:
    """The distance of a face along the optical axis.

    Attributes:
        distance: Distance in metres; NaN if unknown.
        stddev: Standard deviation of the distance in metres; NaN if unknown.
        source: What the distance was computed from.
        noise: Part of `stddev` that varies from frame to frame, in metres; NaN if unknown.
    """

    distance: float = math.nan
    stddev: float = math.nan
    source: DistanceSource = DistanceSource.NONE
    noise: float = math.nan


def face_range(
    detection: FaceDetection,
    camera: Pinhole,
    settings: RangingSettings,
    depth: DepthImage | None = None,
) -> Range:
    """The distance of a face along the optical axis.

    Args:
        detection: The detected face, in pixels of the image that `camera` describes.
        camera: The camera that took the image.
        settings: The true width of a face.
        depth: Depth image registered to the image, if there is one.
    """
    if depth is not None:
        measured = depth_of(depth, detection.box, camera.width, camera.height)
        if measured is not None:
            distance, stddev = measured
            return Range(distance, stddev, DistanceSource.DEPTH, SENSOR_STDDEV * distance)
    width, cut = _frontal_width(detection, camera.width)
    if width <= 0.0 or camera.source is DistanceSource.NONE:
        return Range()
    distance = camera.fx * settings.face_width / width
    nominal = _NOMINAL if camera.source is DistanceSource.FACE_WIDTH_FOV else 0.0
    noise = _BOX_NOISE * camera.width / width
    stddev = math.hypot(_PEOPLE, nominal, cut, noise)
    return Range(distance, distance * stddev, camera.source, distance * noise)


def _frontal_width(detection: FaceDetection, image_width: int) -> tuple[float, float]:
    """Box width of this face seen from the front, in pixels, and its relative standard deviation.

    It is never less than the width of the box, so that no face is reported as farther away.
    """
    box = detection.box
    width = box.width * _widening(detection.landmarks)
    if width > 0.0 and (box.x1 < 1.0 or box.x2 > image_width - 1.0):
        return max(width, box.height / _ASPECT), _CUT
    return width, 0.0


def _widening(landmarks: tuple[tuple[float, float], ...]) -> float:
    if len(landmarks) < 3:
        return 1.0
    right, left, nose = (np.array(point, np.float64) for point in landmarks[:3])
    eyes = left - right
    square = float(eyes @ eyes)
    if not square > 0.0:
        return 1.0
    offset = abs(float((nose - (right + left) / 2.0) @ eyes)) / square
    return float(np.interp(offset, _NOSE_OFFSETS, _WIDENING))
