# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth images: metres for every pixel, where the sensor saw something."""

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
"""So much of the middle of a face must have been measured."""

SENSOR_STDDEV = 0.02
"""Of the distance, as the makers of stereo and time-of-flight cameras state it for 2 m."""

# REP-118: the type of a value, and what one of it is in metres.
_ENCODINGS = {'16UC1': ('u2', 0.001), '32FC1': ('f4', 1.0)}
# The middle of a box: its hair, its ears and what is behind it lie farther out.
_MIDDLE = -0.25
# Of a normal distribution, so many per cent lie lower than one standard deviation below the middle.
_ONE_LOWER = 15.87


@dataclass(frozen=True, slots=True)
class DepthImage:
    """A depth image that is registered to the colour image.

    Attributes:
        metres: height x width, float32; NaN where nothing was measured.
        stamp: nanoseconds.
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
    """The metres in the pixels of a sensor_msgs/Image.

    Args:
        data: the bytes, or anything with NumPy's buffer protocol. The last row may lack its
            padding.
        encoding: 16UC1 (millimetres, 0 = not measured) or 32FC1 (metres, NaN, infinite or 0 = not
            measured), see REP-118.
        width: pixels.
        height: pixels.
        step: from one row to the next, bytes.
        is_bigendian: byte order of the values.
        stamp: of the image, nanoseconds.

    Raises:
        ImageError: another encoding, or encoding, size and data do not fit together; the text says
            what was expected.
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
    # By bytes, since a step need not be a multiple of a value's size.
    rows = np.lib.stride_tricks.as_strided(content, (height, row), (step, 1), writeable=False)
    values = np.ascontiguousarray(rows).view(type_).astype(np.float32) * np.float32(unit)
    values[~(np.isfinite(values) & (values > 0.0))] = np.nan
    return DepthImage(values, stamp)


def depth_of(
    depth: DepthImage, box: Box, image_width: int, image_height: int
) -> tuple[float, float] | None:
    """How far a face is along the optical axis.

    Args:
        depth: registered to the colour image; of the same view, in whatever resolution.
        box: of the face, pixels of the colour image.
        image_width: of the colour image, pixels.
        image_height: likewise.

    Returns:
        The median in the middle of the box and its standard deviation, in metres; None where less
        than MIN_VALID of it was measured.
    """
    height, width = depth.metres.shape
    if image_width <= 0 or image_height <= 0:
        return None
    middle = box.clamped(image_width, image_height).expanded(_MIDDLE)
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
    # Towards the camera alone: where a face and what is behind it share the box, the face counts.
    spread = distance - float(np.percentile(valid, _ONE_LOWER))
    return distance, math.hypot(SENSOR_STDDEV * distance, spread)
