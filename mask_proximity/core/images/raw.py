# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Decoding of raw images, as camera drivers send them, to BGR.

The encodings are named as in sensor_msgs/image_encodings.hpp. It lacks nv12, which is what drivers
call the counterpart of nv21 with U and V swapped.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ImageError
from mask_proximity.core.types import Image

MAX_PIXELS = 100_000_000
"""No camera delivers more. A larger image comes from a broken message and would exhaust memory."""

DEPTH_ENCODINGS = ('16UC1', '32FC1', '64FC1', '16SC1', '32SC1', 'z16', 'Z16')
"""Encodings of distances: 16UC1 and 32FC1 as in REP-118, the others as drivers use them."""

_Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Packed:
    """A packed layout: the values of each pixel are stored together.

    Attributes:
        channels: Values per pixel.
        code: OpenCV's code of the conversion to BGR; None if the pixels are BGR already.
        wide: Whether a value has 16 bits, of which the upper 8 are used.
        pair: Whether two pixels share their colour, so that the width must be even.
    """

    channels: int
    code: int | None
    wide: bool = False
    pair: bool = False


@dataclass(frozen=True, slots=True)
class _SemiPlanar:
    """A plane of luma (Y), then a plane of chroma in which U and V (or V and U) alternate.

    Attributes:
        code: OpenCV's code of the conversion to BGR, for one chroma sample per 2x2 pixels.
        full: Whether there is one chroma sample per pixel instead.
    """

    code: int
    full: bool = False


# OpenCV names a Bayer pattern by the second and third pixel of the second row, ROS by the first
# 2x2 pixels: OpenCV's BG is rggb in ROS.
_BAYER = {
    'rggb': cv2.COLOR_BayerBG2BGR,
    'bggr': cv2.COLOR_BayerRG2BGR,
    'gbrg': cv2.COLOR_BayerGR2BGR,
    'grbg': cv2.COLOR_BayerGB2BGR,
}
_COLORS: dict[str, tuple[int, int | None]] = {
    'bgr': (3, None),
    'rgb': (3, cv2.COLOR_RGB2BGR),
    'bgra': (4, cv2.COLOR_BGRA2BGR),
    'rgba': (4, cv2.COLOR_RGBA2BGR),
    'mono': (1, cv2.COLOR_GRAY2BGR),
}
_UYVY = _Packed(2, cv2.COLOR_YUV2BGR_UYVY, pair=True)
_YUYV = _Packed(2, cv2.COLOR_YUV2BGR_YUY2, pair=True)

_LAYOUTS: dict[str, _Packed | _SemiPlanar] = {
    **{f'{name}8': _Packed(*layout) for name, layout in _COLORS.items()},
    **{f'{name}16': _Packed(*layout, wide=True) for name, layout in _COLORS.items()},
    '8UC1': _Packed(*_COLORS['mono']),
    '8UC3': _Packed(*_COLORS['bgr']),
    '8UC4': _Packed(*_COLORS['bgra']),
    # Until 2023, ROS called uyvy yuv422, and yuyv yuv422_yuy2. Both names are in use.
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    'nv12': _SemiPlanar(cv2.COLOR_YUV2BGR_NV12),
    'nv21': _SemiPlanar(cv2.COLOR_YUV2BGR_NV21),
    'nv24': _SemiPlanar(cv2.COLOR_YUV2BGR_NV12, full=True),
    **{f'bayer_{name}8': _Packed(1, code) for name, code in _BAYER.items()},
    **{f'bayer_{name}16': _Packed(1, code, wide=True) for name, code in _BAYER.items()},
}

ENCODINGS = tuple(_LAYOUTS)
"""Every encoding that `decode_raw` accepts."""


def decode_raw(
    data: bytes | bytearray | memoryview | array[int] | _Bytes,
    encoding: str,
    width: int,
    height: int,
    step: int,
    is_bigendian: bool = False,
) -> Image:
    """Decode the pixels of a sensor_msgs/Image.

    YUV is read as BT.601 with limited range, as in OpenCV and cv_bridge. The chroma of nv24 is
    used at half its resolution.

    Args:
        data: Bytes of the image, as bytes or an object with the buffer protocol. The last row may
            lack its padding.
        encoding: One of ENCODINGS.
        width: Image width in pixels.
        height: Image height in pixels.
        step: Bytes from one row to the next, in the luma plane if there are two planes.
        is_bigendian: Byte order of 16-bit values.

    Returns:
        A BGR image, height x width x 3, uint8. For bgr8 and 8UC3 it is a read-only view of `data`.

    Raises:
        ImageError: The encoding is unknown or depth, or encoding, size and data do not fit
            together. The text says what was expected.
    """
    layout = _LAYOUTS.get(encoding)
    if layout is None:
        raise ImageError(
            depth_sentence(encoding)
            if encoding in DEPTH_ENCODINGS
            else f'images come with the encoding {encoding!r}; expected one of: '
            f'{", ".join(ENCODINGS)}'
        )
    check_size(width, height)
    content = np.frombuffer(data, np.uint8)
    described = f'{width}x{height} {encoding}'
    if isinstance(layout, _SemiPlanar):
        return _decode_semi_planar(content, layout, width, height, step, described)
    return _decode_packed(content, layout, width, height, step, is_bigendian, described)


def check_size(width: int, height: int) -> None:
    """Refuse an image that is empty or absurdly large.

    Raises:
        ImageError: The size is out of range; the text says what was expected.
    """
    if width < 1 or height < 1:
        raise ImageError(f'images come with the size {width}x{height}; expected at least 1x1')
    if width * height > MAX_PIXELS:
        raise ImageError(
            f'images come with the size {width}x{height}; expected at most '
            f'{MAX_PIXELS // 1_000_000} million pixels'
        )


def depth_sentence(encoding: str) -> str:
    """The error sentence for depth images in place of colour images."""
    return (
        f'images come with the encoding {encoding!r}, which is depth; expected a colour image: '
        "remap image_raw to the camera's colour topic (often .../color/image_raw or "
        '.../rgb/image_raw)'
    )


def _decode_packed(
    content: _Bytes,
    layout: _Packed,
    width: int,
    height: int,
    step: int,
    is_bigendian: bool,
    described: str,
) -> Image:
    if layout.pair and width % 2:
        raise ImageError(f'images come as {described}; expected an even width for this encoding')
    size = 2 if layout.wide else 1
    row = width * layout.channels * size
    _check_step(step, row, described)
    _check_length(content, step * (height - 1) + row, step * height, step, described)
    # Of a 16-bit value, only the most significant byte is used.
    offset = 1 if layout.wide and not is_bigendian else 0
    pixels = np.lib.stride_tricks.as_strided(
        content[offset:],
        (height, width, layout.channels),
        (step, layout.channels * size, size),
        writeable=False,
    )
    if layout.wide:
        pixels = np.ascontiguousarray(pixels)
    if layout.code is None:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, layout.code), np.uint8)


def _decode_semi_planar(
    content: _Bytes, layout: _SemiPlanar, width: int, height: int, step: int, described: str
) -> Image:
    if width % 2 or height % 2:
        raise ImageError(
            f'images come as {described}; expected an even width and height for this encoding'
        )
    _check_step(step, width, described)
    colors_per_row, color_rows = (width, height) if layout.full else (width // 2, height // 2)
    color_step = 2 * step if layout.full else step
    if len(content) == width * height + 2 * colors_per_row * color_rows:
        # The rows have no padding, whatever the step says: drivers disagree on its meaning for
        # planar images.
        step, color_step = width, 2 * colors_per_row
    whole = step * height + color_step * color_rows
    _check_length(content, whole - color_step + 2 * colors_per_row, whole, step, described)
    brightness = np.lib.stride_tricks.as_strided(
        content, (height, width), (step, 1), writeable=False
    )
    colors = np.lib.stride_tricks.as_strided(
        content[step * height :],
        (color_rows, colors_per_row, 2),
        (color_step, 2, 1),
        writeable=False,
    )
    if layout.full:
        colors = np.asarray(
            cv2.resize(colors, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8
        )
    return np.asarray(cv2.cvtColorTwoPlane(brightness, colors, layout.code), np.uint8)


def _check_step(step: int, row: int, described: str) -> None:
    if step < row:
        raise ImageError(
            f'images come with a step of {step} bytes; expected at least {row} for {described}'
        )


def _check_length(content: _Bytes, needed: int, whole: int, step: int, described: str) -> None:
    if len(content) < needed:
        raise ImageError(
            f'images come with {len(content)} bytes; expected {whole} for {described} with a step '
            f'of {step}'
        )
