# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG files, as cameras and image_transport send them, become a BGR picture.

OpenCV fills the missing part of a cut-off JPEG with gray, in which nobody is seen, and decodes
whatever size the header claims; hence the look at the file before it.
"""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np

from mask_proximity.core.errors import ImageError
from mask_proximity.core.images.opencv_log import silence_opencv
from mask_proximity.core.images.raw import DEPTH_ENCODINGS, check_size, depth_sentence
from mask_proximity.core.types import Image

JPEG_START = b'\xff\xd8\xff'
_PNG = b'\x89PNG\r\n\x1a\n'

# Markers of ITU-T T.81, table B.1: frame headers, those without a length, and the start of a scan.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN = 0xDA
_JPEG_END = b'\xff\xd9'


def decode_compressed(data: bytes, image_format: str) -> Image:
    """The picture in a sensor_msgs/CompressedImage.

    What the file is, and which colour is where, the file itself says; the format's names of pixels
    are wrong too often. A rotation in EXIF is ignored, since camera_info ignores it as well.

    Args:
        data: a JPEG or PNG file.
        image_format: e.g. 'jpeg' or 'rgb8; png compressed bgr8'; looked at for depth only.

    Returns:
        height x width x 3, uint8, BGR.

    Raises:
        ImageError: depth, neither JPEG nor PNG, cut off, too large, or damaged.
    """
    encoding = image_format.partition(';')[0].strip()
    if 'compressedDepth' in image_format or encoding in DEPTH_ENCODINGS:
        raise ImageError(depth_sentence(image_format))
    described = f'compressed images ({image_format!r}, {len(data)} bytes)'
    if data.startswith(JPEG_START):
        kind, (width, height) = 'JPEG', jpeg_size(data, described)
    elif data.startswith(_PNG):
        kind, (width, height) = 'PNG', _png_size(data, described)
    else:
        raise ImageError(f'{described} are neither JPEG nor PNG; expected one of the two')
    check_size(width, height)
    silence_opencv()
    try:
        picture = cv2.imdecode(
            np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        )
    except cv2.error:
        picture = None
    if picture is None:
        raise ImageError(f'{described} cannot be decoded; expected a whole {kind} file')
    return np.asarray(picture, np.uint8)


def jpeg_size(data: bytes, described: str) -> tuple[int, int]:
    """Width and height of a JPEG that has its end; walks from marker to marker to its first scan.

    The end is looked for behind the start of the scan only: a thumbnail in the header has one too.

    Args:
        data: the file.
        described: what it is, for the sentence.

    Raises:
        ImageError: it is cut off or damaged.
    """
    size = None
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _BARE:
            place += 2
        elif marker == _SCAN:
            if size is None or data.rfind(_JPEG_END) < place:
                break
            return size
        else:
            if marker in _FRAMES and place + 9 <= len(data):
                height, width = struct.unpack_from('>HH', data, place + 5)
                size = width, height
            place += 2 + int(struct.unpack_from('>H', data, place + 2)[0])
    raise ImageError(f'{described} are cut off or damaged; expected a whole JPEG file')


def _png_size(data: bytes, described: str) -> tuple[int, int]:
    """Width and height of a PNG that has its end; walks from chunk to chunk."""
    # OpenCV does not look at the header's checksum before it makes room for what it claims.
    header, checksum = data[12:29], data[29:33]
    if header.startswith(b'IHDR') and zlib.crc32(header).to_bytes(4, 'big') == checksum:
        width, height = struct.unpack_from('>II', header, 4)
        place = len(_PNG)
        while place + 12 <= len(data):
            length, name = struct.unpack_from('>I4s', data, place)
            if name == b'IEND':
                return width, height
            place += 12 + length
    raise ImageError(f'{described} are cut off or damaged; expected a whole PNG file')
