# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera: from pixels to metres in front of the camera.

Positions are in the camera's optical frame of REP-103: z forward, x to the right, y down, with the
optical centre as origin. The pinhole model without distortion: u = fx x / z + cx,
v = fy y / z + cy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from mask_proximity.core.types import Box, DistanceSource

# Aspect ratios may differ by this share: sizes are rounded to whole pixels, and binning drops an
# odd row.
_ASPECT_TOLERANCE = 0.02


class Position(NamedTuple):
    """A point in the camera's optical frame, in metres."""

    x: float
    y: float
    z: float


def focal_length(image_width: int, horizontal_fov: float) -> float:
    """Focal length of an ideal camera along x in pixels; NaN if unknown.

    Args:
        image_width: Image width in pixels.
        horizontal_fov: Horizontal field of view in radians, below pi; 0 or less means unknown.
    """
    if not 0.0 < horizontal_fov < math.pi:
        return math.nan
    return image_width / 2.0 / math.tan(horizontal_fov / 2.0)


@dataclass(frozen=True, slots=True)
class Pinhole:
    """Pinhole model of a camera, for images of the size in use.

    Attributes:
        width: Image width in pixels.
        height: Image height in pixels.
        fx: Focal length along x in pixels; NaN if unknown.
        fy: Focal length along y in pixels; NaN if unknown.
        cx: Principal point along x in pixels.
        cy: Principal point along y in pixels.
        source: Source of distances that are computed with this camera; NONE if it is unknown.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    source: DistanceSource = DistanceSource.NONE

    @classmethod
    def from_fov(cls, width: int, height: int, horizontal_fov: float) -> Pinhole:
        """An uncalibrated camera with square pixels.

        Args:
            width: Image width in pixels.
            height: Image height in pixels.
            horizontal_fov: Horizontal field of view in radians, below pi; 0 or less means unknown.
        """
        focal = focal_length(width, horizontal_fov)
        source = DistanceSource.FACE_WIDTH_FOV if focal > 0.0 else DistanceSource.NONE
        return cls(width, height, focal, focal, width / 2.0, height / 2.0, source)

    @classmethod
    def calibrated(
        cls,
        width: int,
        height: int,
        k: Sequence[float],
        calibrated_width: int,
        calibrated_height: int,
    ) -> Pinhole | None:
        """The camera of a camera_info, scaled to the images in use; None if it is uncalibrated.

        If the aspect ratio differs, it is unknown whether the images were cropped or stretched. The
        smaller of both scales is used, which makes people nearer, and the camera counts as nominal.

        Args:
            width: Image width in pixels.
            height: Image height in pixels.
            k: 3x3 camera matrix in row-major order, in pixels.
            calibrated_width: Width in pixels of the images that `k` is for.
            calibrated_height: Height in pixels of the images that `k` is for.
        """
        fx, cx, fy, cy = (float(k[index]) for index in (0, 2, 4, 5))
        if not all(map(math.isfinite, (fx, fy, cx, cy))) or fx <= 0.0 or fy <= 0.0:
            return None
        if calibrated_width <= 0 or calibrated_height <= 0:
            return None
        x, y = width / calibrated_width, height / calibrated_height
        if abs(x / y - 1.0) <= _ASPECT_TOLERANCE:
            source = DistanceSource.FACE_WIDTH_CALIBRATED
            return cls(width, height, fx * x, fy * y, cx * x, cy * y, source)
        scale = min(x, y)
        cx = (cx - calibrated_width / 2.0) * scale + width / 2.0
        cy = (cy - calibrated_height / 2.0) * scale + height / 2.0
        source = DistanceSource.FACE_WIDTH_FOV
        return cls(width, height, fx * scale, fy * scale, cx, cy, source)


class _Region(Protocol):
    x_offset: int
    y_offset: int
    width: int
    height: int


class CameraInfo(Protocol):
    """The fields used of a sensor_msgs/CameraInfo, whichever library decoded the message."""

    width: int
    height: int
    d: Sequence[float]
    k: Sequence[float]
    p: Sequence[float]
    roi: _Region


def is_rectified(topic: str) -> bool:
    """Whether images are rectified, judged by the names that image_proc uses (image_rect...).

    Args:
        topic: Topic of the images.
    """
    return '/image_rect' in topic


def pinhole_from_camera_info(
    info: CameraInfo | None,
    width: int,
    height: int,
    horizontal_fov: float,
    rectified: bool = False,
) -> Pinhole:
    """The camera for images of `width` x `height` pixels.

    The region of interest says which part of the calibrated image is sent, before binning
    (REP-104). Binning follows from the size of the images.

    Args:
        info: camera_info of the camera; None if none has arrived.
        width: Image width in pixels.
        height: Image height in pixels.
        horizontal_fov: Horizontal field of view in radians, used without a calibrated camera_info;
            0 means unknown.
        rectified: Whether the images are rectified. Then P describes them instead of K. The
            distortion of images that are not rectified is not corrected.
    """
    camera = None
    if info is not None:
        roi = info.roi
        p = info.p
        k = [p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10]] if rectified else info.k
        k = [float(value) for value in k]
        k[2], k[5] = k[2] - roi.x_offset, k[5] - roi.y_offset
        # A region of all zeros means the whole image.
        size = int(roi.width) or int(info.width), int(roi.height) or int(info.height)
        camera = Pinhole.calibrated(width, height, k, *size)
    if camera is None or info is None:
        return Pinhole.from_fov(width, height, horizontal_fov)
    if len(info.d) == 0:
        # Without distortion coefficients, K was derived from a nominal field of view.
        return replace(camera, source=DistanceSource.FACE_WIDTH_FOV)
    return camera


def bearing(box: Box, camera: Pinhole) -> float:
    """The direction to the centre of a face.

    Args:
        box: Box of the face in pixels of the image that `camera` is for.
        camera: Camera that took the image.

    Returns:
        Angle in radians from the optical axis in the horizontal plane, positive to the left as in
        REP-103; NaN if the camera is unknown.
    """
    return -math.atan2(box.center[0] - camera.cx, camera.fx)


def position(box: Box, distance: float, camera: Pinhole) -> Position | None:
    """The position of the centre of a face.

    Args:
        box: Box of the face in pixels of the image that `camera` is for.
        distance: Distance along the optical axis in metres.
        camera: Camera that took the image.

    Returns:
        The position, or None if the distance or the camera is unknown.
    """
    u, v = box.center
    point = Position(
        (u - camera.cx) / camera.fx * distance, (v - camera.cy) / camera.fy * distance, distance
    )
    return point if all(map(math.isfinite, point)) and distance > 0.0 else None
