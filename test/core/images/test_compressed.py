# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG files, whole ones and all others."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from mask_proximity.core.errors import ImageError
from mask_proximity.core.images.compressed import decode_compressed
from mask_proximity.core.types import Image

FORMATS = [
    'jpeg',
    'png',
    '',
    'bgr8; jpeg compressed bgr8',
    'rgb8; png compressed bgr8',
    'mono8; jpeg compressed ',
]


def encoded(picture: Image, suffix: str, *options: int) -> bytes:
    return cv2.imencode(suffix, picture, options)[1].tobytes()


def by_pillow(picture: Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(picture[..., ::-1]).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize('image_format', FORMATS)
def test_what_the_file_is_it_says_itself(image_format: str, portrait: Image) -> None:
    png = decode_compressed(by_pillow(portrait, 'PNG'), image_format)
    np.testing.assert_array_equal(png, portrait)
    jpeg = decode_compressed(by_pillow(portrait, 'JPEG', quality=95), image_format)
    assert np.abs(jpeg.astype(int) - portrait.astype(int)).mean() < 3.0


def test_gray_16_bits_alpha_and_progressive_become_bgr(portrait: Image) -> None:
    gray = portrait[..., 0]
    for file in (encoded(gray, '.png'), encoded(gray.astype(np.uint16) * 257, '.png')):
        np.testing.assert_array_equal(
            decode_compressed(file, 'mono8; png compressed '), gray[..., np.newaxis].repeat(3, 2)
        )
    alpha = np.dstack([portrait, gray])
    np.testing.assert_array_equal(decode_compressed(encoded(alpha, '.png'), 'png'), portrait)
    progressive = encoded(portrait, '.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert decode_compressed(progressive, 'jpeg').shape == portrait.shape


def test_a_rotation_in_exif_is_ignored(portrait: Image) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    lying = by_pillow(portrait[:300], 'JPEG', exif=exif.tobytes())
    assert decode_compressed(lying, 'jpeg').shape == (300, 512, 3)


def test_padding_after_the_end_does_no_harm(portrait: Image) -> None:
    file = encoded(portrait, '.jpg')
    np.testing.assert_array_equal(
        decode_compressed(file + bytes(500), 'jpeg'), decode_compressed(file, 'jpeg')
    )


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@given(st.data())
@settings(max_examples=100)
def test_a_file_that_is_cut_off_is_refused(suffix: str, data: st.DataObject) -> None:
    rng = np.random.default_rng(4)
    file = encoded(rng.integers(0, 256, (40, 60, 3), np.uint8), suffix)
    length = data.draw(st.integers(0, len(file) - 1))
    with pytest.raises(ImageError, match='cut off|neither JPEG nor PNG'):
        decode_compressed(file[:length], 'jpeg')


def test_the_end_of_a_thumbnail_is_not_that_of_the_picture(portrait: Image) -> None:
    file = encoded(portrait, '.jpg')
    thumbnail = encoded(portrait[::16, ::16], '.jpg')
    header = b'Exif\0\0' + thumbnail
    with_thumbnail = file[:2] + b'\xff\xe1' + struct.pack('>H', len(header) + 2) + header + file[2:]
    assert decode_compressed(with_thumbnail, 'jpeg').shape == portrait.shape
    with pytest.raises(ImageError, match='cut off'):
        decode_compressed(with_thumbnail[: len(with_thumbnail) // 2], 'jpeg')


def test_a_bomb_is_refused_by_its_header() -> None:
    png = bytearray(encoded(np.zeros((1, 1, 3), np.uint8), '.png'))
    png[16:24] = struct.pack('>II', 30_000, 30_000)
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, 'big')
    with pytest.raises(ImageError, match='size 30000x30000; expected at most 100 million'):
        decode_compressed(bytes(png), 'png')
    jpeg = bytearray(encoded(np.zeros((8, 8, 3), np.uint8), '.jpg'))
    frame = jpeg.index(b'\xff\xc0')
    jpeg[frame + 5 : frame + 9] = struct.pack('>HH', 60_000, 60_000)
    with pytest.raises(ImageError, match='size 60000x60000; expected at most 100 million'):
        decode_compressed(bytes(jpeg), 'jpeg')


def test_8000x6000_is_decoded() -> None:
    file = encoded(np.full((6000, 8000, 3), 90, np.uint8), '.jpg')
    assert decode_compressed(file, 'jpeg').shape == (6000, 8000, 3)


@pytest.mark.parametrize(
    'image_format',
    ['16UC1; compressedDepth png', '32FC1; compressedDepth', '16UC1; png compressed ', '16UC1'],
)
def test_depth_is_refused_with_a_hint(image_format: str) -> None:
    file = encoded(np.full((4, 4), 1500, np.uint16), '.png')
    with pytest.raises(ImageError, match='which is depth; expected a colour image'):
        decode_compressed(file, image_format)


@pytest.mark.parametrize(
    'content', [b'', b'\xff', b'RIFF0000WEBP', b'GIF89a', bytes(1000), b'\xff\xd8\xff' + bytes(99)]
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(ImageError, match='expected one of the two|expected a whole JPEG') as raised:
        decode_compressed(content, 'jpeg')
    assert '\n' not in str(raised.value)


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@given(st.data())
@settings(max_examples=200)
def test_any_damage_is_read_or_refused(suffix: str, data: st.DataObject) -> None:
    file = bytearray(encoded(np.full((16, 16, 3), (10, 120, 240), np.uint8), suffix))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = decode_compressed(bytes(file), 'jpeg')
    except ImageError:
        return
    assert picture.ndim == 3 and picture.dtype == np.uint8
