# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Images, depth images and cameras <-> messages; needs OpenCV, which conversions.py does not."""

from __future__ import annotations

import array
import math

import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from mask_proximity.core import types
from mask_proximity.core.images.compressed import decode_compressed
from mask_proximity.core.images.raw import decode_raw
from mask_proximity.core.ranging.camera_calibration import Calibration
from mask_proximity.core.ranging.depth import DepthImage, decode_depth
from mask_proximity.core.ranging.pinhole import (
    Pinhole,
    focal_length,
)
from mask_proximity.core.types import (
    DistanceSource,
)
from mask_proximity.ros.conversions import nanoseconds


def image_from_message(message: Image | CompressedImage) -> types.Image:
    """The picture in a message, as BGR.

    Returns:
        height x width x 3, uint8; for bgr8 a view of the message's data, without a copy.

    Raises:
        ImageError: The image cannot be decoded; the text says what was expected.
    """
    if isinstance(message, CompressedImage):
        return decode_compressed(bytes(message.data), message.format)
    return decode_raw(
        message.data,
        message.encoding,
        message.width,
        message.height,
        message.step,
        bool(message.is_bigendian),
    )


def depth_from_message(message: Image) -> DepthImage:
    """The metres in a depth image.

    Raises:
        ImageError: The image cannot be decoded; the text says what was expected.
    """
    return decode_depth(
        message.data,
        message.encoding,
        message.width,
        message.height,
        message.step,
        bool(message.is_bigendian),
        nanoseconds(message.header.stamp),
    )


def image_message(image: types.Image, header: Header) -> Image:
    """A BGR picture as a message."""
    height, width = image.shape[:2]
    data = array.array('B')
    # Only an array of the field's own type is assigned quickly.
    data.frombytes(np.ascontiguousarray(image).data)
    return Image(
        header=header,
        height=height,
        width=width,
        encoding='bgr8',
        is_bigendian=0,
        step=width * 3,
        data=data,
    )


def camera_info_message(
    header: Header, width: int, height: int, horizontal_fov: float
) -> CameraInfo:
    """An ideal pinhole camera with square pixels.

    The distortion stays empty, which tells a consumer that the camera was not calibrated. Without
    a field of view K[0] is 0, which means uncalibrated.
    """
    info = CameraInfo(header=header, width=width, height=height)
    focal = focal_length(width, horizontal_fov)
    if math.isfinite(focal):
        cx, cy = (width - 1) / 2.0, (height - 1) / 2.0
        info.k = [focal, 0.0, cx, 0.0, focal, cy, 0.0, 0.0, 1.0]
        info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        info.p = [focal, 0.0, cx, 0.0, 0.0, focal, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


def calibrated_info_message(header: Header, calibration: Calibration) -> CameraInfo:
    """The calibration of a camera as a message."""
    return CameraInfo(
        header=header,
        width=calibration.width,
        height=calibration.height,
        distortion_model=calibration.distortion_model,
        d=calibration.d,
        k=calibration.k,
        r=calibration.r,
        p=calibration.p,
    )


def pinhole_info_message(header: Header, camera: Pinhole) -> CameraInfo:
    """A camera model as a message; pinhole_from_camera_info gives the same model back."""
    info = CameraInfo(header=header, width=camera.width, height=camera.height)
    if camera.source is not DistanceSource.NONE:
        fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
        info.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
        info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        info.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    if camera.source is DistanceSource.FACE_WIDTH_CALIBRATED:
        info.distortion_model, info.d = 'plumb_bob', [0.0] * 5
    return info
