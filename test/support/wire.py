# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures on the wire in every encoding, by an encoder in NumPy that knows nothing of OpenCV."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.uint8]

COLORS = ('bgr', 'rgb', 'bgra', 'rgba')
EXACT = [
    *(name + depth for name in (*COLORS, 'mono') for depth in ('8', '16')),
    '8UC1',
    '8UC3',
    '8UC4',
]
PACKED_YUV = {'yuv422': 'uyvy', 'uyvy': 'uyvy', 'yuv422_yuy2': 'yuyv', 'yuyv': 'yuyv'}
PLANAR_YUV = ['nv12', 'nv21', 'nv24']
BAYER = [
    f'bayer_{pattern}{depth}'
    for pattern in ('rggb', 'bggr', 'gbrg', 'grbg')
    for depth in ('8', '16')
]


def channels_of(picture: Array, letters: str) -> Array:
    """The channels that the letters name, of a BGR picture; 'a' is noise."""
    noise = np.random.default_rng(1).integers(0, 256, picture.shape[:2], np.uint8)
    planes = {'b': picture[..., 0], 'g': picture[..., 1], 'r': picture[..., 2], 'a': noise}
    return np.stack([planes[letter] for letter in letters], axis=-1)


def mosaic(picture: Array, pattern: str) -> Array:
    """Of each pixel the one channel that a sensor with this pattern sees."""
    seen = np.empty(picture.shape[:2], np.uint8)
    for index, letter in enumerate(pattern):
        y, x = divmod(index, 2)
        seen[y::2, x::2] = picture[y::2, x::2, 'bgr'.index(letter)]
    return seen


def to_yuv(picture: Array) -> tuple[Array, Array, Array]:
    """BT.601, limited range (ITU-R BT.601, studio swing)."""
    b, g, r = (picture[..., index].astype(float) / 255.0 for index in range(3))
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return (
        np.round(16 + 219 * y).astype(np.uint8),
        np.round(128 + 224 * (b - y) / 1.772).astype(np.uint8),
        np.round(128 + 224 * (r - y) / 1.402).astype(np.uint8),
    )


def rows_of(picture: Array, encoding: str, big_endian: bool = False) -> list[Array]:
    """The planes of a picture on the wire, each rows x bytes, without padding."""
    height, width = picture.shape[:2]
    if encoding in PACKED_YUV:
        y, u, v = to_yuv(picture)
        values = {'u': u[:, ::2], 'v': v[:, ::2]}
        brightness = iter((y[:, ::2], y[:, 1::2]))
        parts = [
            next(brightness) if letter == 'y' else values[letter] for letter in PACKED_YUV[encoding]
        ]
        return [np.stack(parts, axis=-1).reshape(height, 2 * width)]
    if encoding in PLANAR_YUV:
        y, u, v = to_yuv(picture)
        if encoding != 'nv24':
            u, v = u[::2, ::2], v[::2, ::2]
        pair = (v, u) if encoding == 'nv21' else (u, v)
        return [y, np.stack(pair, axis=-1).reshape(len(u), -1)]
    wide = encoding.endswith('16')
    if encoding in BAYER:
        values = mosaic(picture, encoding[6:10])[..., np.newaxis]
    elif encoding in ('8UC1', 'mono8', 'mono16'):
        values = picture[..., :1]
    else:
        order = {'8UC3': 'bgr', '8UC4': 'bgra'}.get(encoding) or encoding.rstrip('168')
        values = channels_of(picture, order)
    if wide:
        low = np.random.default_rng(2).integers(0, 256, values.shape, np.uint16)
        words = (values.astype(np.uint16) << 8) + low
        values = words.astype('>u2' if big_endian else '<u2').view(np.uint8)
    return [np.ascontiguousarray(values).reshape(height, -1)]


def on_the_wire(
    picture: Array, encoding: str, padding: int, big_endian: bool = False, whole: bool = True
) -> tuple[bytes, int]:
    """The bytes and the step of a message; the last row keeps its padding if `whole`."""
    planes = rows_of(picture, encoding, big_endian)
    parts = []
    for index, rows in enumerate(planes):
        extra = padding * (2 if encoding == 'nv24' and index else 1)
        parts.append(np.pad(rows, ((0, 0), (0, extra)), constant_values=99).tobytes())
        last = extra
    data = b''.join(parts)
    return data if whole else data[: len(data) - last], planes[0].shape[1] + padding
