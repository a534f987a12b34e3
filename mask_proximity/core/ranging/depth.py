# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth images: decoding them, and the distance of a face in one."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ImageError
from mask_proximity.core.images.raw import check_size
from mask_proximity.core.types import Box

MIN_VALID = 0.3
"""Share of the pixels in the middle of a face that must have a measurement."""

SENSOR_STDDEV = 0.02
"""Standard deviation of the sensor as a share of the distance, as makers of stereo and
time-of-flight cameras specify it for 2 m."""

# Type of a value and its unit in metres for each encoding, as in REP-118.
_ENCODINGS = {'16UC1': ('u2', 0.001), '32FC1': ('f4', 1.0)}
# Margin by which the box is shrunk: hair, ears and the background are near its edges.
_MIDDLE_MARGIN = -0.25
# Percentile of a normal distribution that lies one standard deviation below the mean.
_ONE_STDDEV_BELOW_PERCENTILE = 15.87


@dataclass(frozen=True, slots=True)
class DepthImage:
    """A depth image that is registered to the colour image.

    Attributes:
        metres: Distances in metres, height x width, float32; NaN where nothing was measured.
        stamp: Image timestamp in nanoseconds.
    """

    metres: npt.NDArray[np.float32]
    stamp: int


def decode_depth(
    data: bytes | bytearray | memoryview | array[int] | npt.NDArray[np.uint8],
    encoding: str,
    width: int,
    height: int,
    step: int,
    is_bigendian: bool,
    stamp: int,
) -> DepthImage:
    """Decode the depth in a sensor_msgs/Image.

    Args:
        data: Bytes of the image, as bytes or an object with the buffer protocol. The last row may
            lack its padding.
        encoding: 16UC1 (millimetres; 0 means not measured) or 32FC1 (metres; NaN, infinity or 0
            mean not measured), see REP-118.
        width: Image width in pixels.
        height: Image height in pixels.
        step: Bytes from one row to the next.
        is_bigendian: Byte order of the values.
        stamp: Image timestamp in nanoseconds.

    Raises:
        ImageError: The encoding is another one, or encoding, size and data do not fit together. The
            text says what was expected.
    """
    if encoding not in _ENCODINGS:
        raise ImageError(
            f'depth images come with the encoding {encoding!r}; expected one of: '
            f'{", ".join(_ENCODINGS)}'
        )
    check_size(width, height)
    kind, unit = _ENCODINGS[encoding]
    type_ = np.dtype(kind).newbyteorder('>' if is_bigendian else '<')
    row = width * type_.itemsize
    content = np.frombuffer(data, np.uint8)
    if step < row or len(content) < step * (height - 1) + row:
        raise ImageError(
            f'depth images come with {len(content)} bytes and a step of {step}; expected a step of '
            f'at least {row} and {height} rows for {width}x{height} {encoding}'
        )
    # Strides in bytes, since the step need not be a multiple of the size of a value.
    rows = np.lib.stride_tricks.as_strided(content, (height, row), (step, 1), writeable=False)
    values = np.ascontiguousarray(rows).view(type_).astype(np.float32) * np.float32(unit)
    values[~(np.isfinite(values) & (values > 0.0))] = np.nan
    return DepthImage(values, stamp)


def depth_of(
    depth: DepthImage, box: Box, image_width: int, image_height: int
) -> tuple[float, float] | None:
    """The distance of a face along the optical axis.

    Args:
        depth: Depth image that is registered to the colour image: the same view, in any resolution.
        box: Box of the face in pixels of the colour image.
        image_width: Width of the colour image in pixels.
        image_height: Height of the colour image in pixels.

    Returns:
        The median in the middle of the box and its standard deviation, in metres; None if less than
        MIN_VALID of the middle was measured.
    """
    height, width = depth.metres.shape
    if image_width <= 0 or image_height <= 0:
        return None
    middle = box.clamped(image_width, image_height).expanded(_MIDDLE_MARGIN)
    x, y = width / image_width, height / image_height
    # At least one pixel, however small the face.
    left, top = (
        min(int(at), size - 1) for at, size in ((middle.x1 * x, width), (middle.y1 * y, height))
    )
    right, bottom = math.ceil(middle.x2 * x), math.ceil(middle.y2 * y)
    values = depth.metres[top : max(bottom, top + 1), left : max(right, left + 1)]
    valid = values[np.isfinite(values)]
    if valid.size < MIN_VALID * values.size:
        return None
    distance = float(np.median(valid))
    # Only the spread towards the camera: the background, which may share the box, is behind.
    spread = distance - float(np.percentile(valid, _ONE_STDDEV_BELOW_PERCENTILE))
    return distance, math.hypot(SENSOR_STDDEV * distance, spread)
