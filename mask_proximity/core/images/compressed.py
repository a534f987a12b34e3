# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Decoding of JPEG and PNG images, as cameras and image_transport send them, to BGR.

OpenCV fills the missing part of a truncated JPEG with gray, which hides people, and allocates
whatever size the header claims. Therefore the file is checked before it is decoded.
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

# JPEG markers of ITU-T T.81, table B.1.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b'\xff\xd9'


def decode_compressed(data: bytes, image_format: str) -> Image:
    """Decode a sensor_msgs/CompressedImage.

    The file itself tells its type and the order of its colours; the pixel formats in
    `image_format` are wrong too often. A rotation in EXIF is ignored, as camera_info ignores it.

    Args:
        data: A JPEG or PNG file.
        image_format: Format of the message, e.g. 'jpeg' or 'rgb8; png compressed bgr8'. It is only
            used to detect depth images.

    Returns:
        A BGR image, height x width x 3, uint8.

    Raises:
        ImageError: The image is depth, neither JPEG nor PNG, truncated, too large, or damaged.
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
    """Width and height of a complete JPEG file, read from its markers up to the first scan.

    The end marker must come after the start of the scan: a thumbnail in the header has one too.

    Args:
        data: Content of the file.
        described: Subject of the error sentence, in the plural.

    Raises:
        ImageError: The file is truncated or damaged.
    """
    size = None
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        elif marker == _START_OF_SCAN:
            if size is None or data.rfind(_END_OF_IMAGE) < place:
                break
            return size
        else:
            if marker in _FRAME_HEADERS and place + 9 <= len(data):
                height, width = struct.unpack_from('>HH', data, place + 5)
                size = width, height
            place += 2 + int(struct.unpack_from('>H', data, place + 2)[0])
    raise ImageError(f'{described} are cut off or damaged; expected a whole JPEG file')


def _png_size(data: bytes, described: str) -> tuple[int, int]:
    """Width and height of a complete PNG file, read from its chunks.

    Raises:
        ImageError: The file is truncated or damaged.
    """
    # OpenCV allocates the size in the header before it verifies the checksum of the header.
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
