# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""From pixels to metres before the camera.

The camera's optical frame as in REP-103: z forward, x to the right, y down, its origin the optical
centre. The pinhole law without distortion: u = fx x / z + cx, v = fy y / z + cy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from mask_proximity.core.types import Box, DistanceSource

# Sizes are rounded to whole pixels, and binning drops the odd row.
_SAME_ASPECT = 0.02


class Position(NamedTuple):
    """A point in the camera's optical frame, metres."""

    x: float
    y: float
    z: float


def focal_length(image_width: int, horizontal_fov: float) -> float:
    """Of an ideal camera along x, pixels; NaN if unknown.

    Args:
        image_width: pixels.
        horizontal_fov: radians, below pi; 0 or less = unknown.
    """
    if not 0.0 < horizontal_fov < math.pi:
        return math.nan
    return image_width / 2.0 / math.tan(horizontal_fov / 2.0)


@dataclass(frozen=True, slots=True)
class Pinhole:
    """A camera as far as positions need it, for images of the size in use.

    Attributes:
        width: of the images, pixels.
        height: of the images, pixels.
        fx: focal length along x, pixels; NaN if unknown.
        fy: the same along y.
        cx: the optical axis in the image along x, pixels.
        cy: the same along y.
        source: what a distance that is made with it rests on; NONE where it is unknown.
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
        """A camera with square pixels that nobody has calibrated.

        Args:
            width: of the images, pixels.
            height: of the images, pixels.
            horizontal_fov: radians, below pi; 0 or less = unknown.
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
        """From camera_info, scaled to the images in use; None if that is uncalibrated.

        Where the aspect is another one, nobody says whether the images were cropped or stretched:
        the smaller of both scales is taken, which makes people nearer, and the camera counts as
        nominal.

        Args:
            width: of the images, pixels.
            height: of the images, pixels.
            k: the 3x3 matrix row by row, pixels.
            calibrated_width: of the images that k belongs to, pixels.
            calibrated_height: likewise.
        """
        fx, cx, fy, cy = (float(k[index]) for index in (0, 2, 4, 5))
        if not all(map(math.isfinite, (fx, fy, cx, cy))) or fx <= 0.0 or fy <= 0.0:
            return None
        if calibrated_width <= 0 or calibrated_height <= 0:
            return None
        x, y = width / calibrated_width, height / calibrated_height
        if abs(x / y - 1.0) <= _SAME_ASPECT:
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
    """What of a sensor_msgs/CameraInfo is looked at, of whichever library the message is."""

    width: int
    height: int
    d: Sequence[float]
    k: Sequence[float]
    p: Sequence[float]
    roi: _Region


def is_rectified(topic: str) -> bool:
    """Whether images are rectified, by the names that image_proc gives them (image_rect...).

    Args:
        topic: of the images.
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

    What of the calibrated image is sent, before binning, its region says (REP-104); binning is
    what the size of the images themselves tells.

    Args:
        info: its camera_info; None if none has come.
        width: of the images, pixels.
        height: of the images, pixels.
        horizontal_fov: for want of a camera_info, radians; 0 = unknown.
        rectified: the images are, so that they belong to P instead of K. What K leaves of the
            distortion is not corrected.
    """
    camera = None
    if info is not None:
        roi = info.roi
        p = info.p
        k = [p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10]] if rectified else info.k
        k = [float(value) for value in k]
        k[2], k[5] = k[2] - roi.x_offset, k[5] - roi.y_offset
        # All zeros means the whole image.
        size = int(roi.width) or int(info.width), int(roi.height) or int(info.height)
        camera = Pinhole.calibrated(width, height, k, *size)
    if camera is None or info is None:
        return Pinhole.from_fov(width, height, horizontal_fov)
    if len(info.d) == 0:
        # Nobody calibrated this one: it was made from a nominal field of view.
        return replace(camera, source=DistanceSource.FACE_WIDTH_FOV)
    return camera


def bearing(box: Box, camera: Pinhole) -> float:
    """The direction to the centre of a face.

    Args:
        box: of the face, pixels of the image that `camera` is for.
        camera: that took the image.

    Returns:
        Radians from the optical axis in its horizontal plane, positive to the left as REP-103 has
        it; NaN if the camera is unknown.
    """
    return -math.atan2(box.center[0] - camera.cx, camera.fx)


def position(box: Box, distance: float, camera: Pinhole) -> Position | None:
    """Where the centre of a face is.

    Args:
        box: of the face, pixels of the image that `camera` is for.
        distance: along the optical axis, metres.
        camera: that took the image.

    Returns:
        The position, or None where distance or camera are unknown.
    """
    u, v = box.center
    place = Position(
        (u - camera.cx) / camera.fx * distance, (v - camera.cy) / camera.fy * distance, distance
    )
    return place if all(map(math.isfinite, place)) and distance > 0.0 else None
