# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Metres from pixels, by the pinhole law: distance = focal length * true width / width in pixels.

A depth image wins over that where it has measured the face. How the constants were measured, and
what the standard deviation covers, is in docs/distance.md.
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
# The boxes of frontal faces against the distance of their pupils (benchmarks/face_width.py), with
# that distance's own spread of 3.6 of 63 mm among adults: sqrt(0.077^2 + 0.057^2).
_ADULTS = 0.096
# Every tenth person is a child whose face is a sixth narrower: sqrt(0.1 * 0.9) / 6.
_CHILDREN = 0.05
# What a turned or tilted head adds to the spread of the boxes' widths.
_POSE = 0.05
# A field of view from a data sheet, or a calibration of another aspect: an assumption.
_NOMINAL = 0.05
_PEOPLE = math.hypot(_ADULTS, _CHILDREN, _POSE)

# From frame to frame the width of a box varies by this part of the image's width: 2 pixels of 640.
# The SSD looks at the image in a fixed size, so that this goes with the image.
_BOX_NOISE = 1 / 320

# --- Shape of a face's box ------------------------------------------------------------------------
# Height over width of a frontal face's box.
_ASPECT = 1.33
# A box that is cut off by the edge of the image tells less.
_CUT = 0.15

# YuNet's boxes of turned heads are narrower: offset of the nose from the middle of the eyes, over
# the distance of the eyes, and how much wider the box of the same head from the front would be.
_NOSE_OFFSETS = (0.3, 0.6)
_WIDENING = (1.0, 1.08)


@dataclass(frozen=True, slots=True)
class Range:
    """How far a face is along the optical axis.

    Attributes:
        distance: metres; NaN if unknown.
        stddev: of the distance, metres; NaN if unknown.
        source: what it rests on.
        noise: the part of `stddev` that differs from frame to frame, metres; NaN if unknown.
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
    """How far a face is.

    Args:
        detection: The detected face, in pixels of the image that `camera` describes.
        camera: The camera that took the image.
        settings: Width of a face.
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
    """Pixels that the box of this face would be wide from the front; and its relative doubt.

    Never less than the box is wide, so that nobody is reported farther for it.
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
