# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Every kind of picture file becomes the same pixels, or is refused by a sentence."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PilImage

from mask_proximity.core.types import Image
from training.pictures import BACKGROUND, PictureError, load_picture, read_picture

ORIENTATION = 0x0112


def smooth() -> Image:
    """60 x 90, BGR, with a red corner, of few and many colours."""
    small = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    picture = cv2.resize(small, (90, 60), interpolation=cv2.INTER_LINEAR)
    picture[:20, :30] = (0, 0, 255)
    return picture


def pillow() -> PilImage.Image:
    return PilImage.fromarray(smooth()[:, :, ::-1])


def saved(name: str, mode: str = 'RGB', **options: Any) -> Callable[[Path], Path]:
    """Writes `smooth()` by Pillow."""

    def save(folder: Path) -> Path:
        pillow().convert(mode).save(folder / name, **options)
        return folder / name

    return save


def by_opencv(name: str, pixels: np.ndarray) -> Callable[[Path], Path]:
    def save(folder: Path) -> Path:
        assert cv2.imwrite(str(folder / name), pixels)
        return folder / name

    return save


def exif(turn: int) -> PilImage.Exif:
    content = PilImage.Exif()
    content[ORIENTATION] = turn
    return content


GRAY = cv2.cvtColor(smooth(), cv2.COLOR_BGR2GRAY)
DEEP = smooth().astype(np.uint16) * 257
GRAY3 = cv2.cvtColor(GRAY, cv2.COLOR_GRAY2BGR)


@pytest.mark.parametrize(
    ('save', 'expected', 'tolerance', 'conversions'),
    [
        (saved('a.png'), smooth(), 0, ()),
        (saved('a.bmp'), smooth(), 0, ()),
        (saved('a.ppm'), smooth(), 0, ()),
        (saved('a.tif'), smooth(), 0, ()),
        (saved('a.jpg', quality=95), smooth(), 6, ()),
        (saved('progressive.jpg', quality=95, progressive=True), smooth(), 6, ()),
        (saved('a.webp', lossless=True), smooth(), 0, ()),
        (saved('wrong_name.png', format='JPEG', quality=95), smooth(), 6, ()),
        (saved('gray.png', 'L'), GRAY3, 2, ()),
        (saved('palette.png', 'P'), smooth(), 20, ()),
        (saved('a.gif'), smooth(), 14, ('GIF',)),
        (saved('cmyk.jpg', 'CMYK', quality=95), smooth(), 6, ('CMYK',)),
        (saved('cmyk.tif', 'CMYK'), smooth(), 1, ('CMYK',)),
        (by_opencv('deep.png', DEEP), smooth(), 0, ('16 bits',)),
        (by_opencv('deep.tif', DEEP), smooth(), 0, ('16 bits',)),
        (by_opencv('deep_gray.png', GRAY.astype(np.uint16) * 257), GRAY3, 0, ('16 bits',)),
        (by_opencv('deep_gray.tif', GRAY.astype(np.uint16) * 257), GRAY3, 0, ('16 bits',)),
    ],
)
def test_every_format_becomes_bgr(
    save: Callable[[Path], Path],
    expected: Image,
    tolerance: int,
    conversions: tuple[str, ...],
    tmp_path: Path,
) -> None:
    picture = load_picture(save(tmp_path))
    assert picture.pixels.dtype == np.uint8 and picture.pixels.flags.c_contiguous
    assert picture.pixels.shape == (60, 90, 3)
    assert picture.conversions == conversions
    assert np.abs(picture.pixels.astype(int) - expected).mean() <= tolerance
    # The red corner: channels are not swapped, black is not white.
    np.testing.assert_allclose(picture.pixels[10, 15], expected[10, 15], atol=12)


@pytest.mark.parametrize('turn', range(1, 9))
@pytest.mark.parametrize('name', ['a.jpg', 'a.png', 'a.webp', 'a.tif'])
def test_exif_turns_a_picture_upright(turn: int, name: str, tmp_path: Path) -> None:
    # How a camera stores an upright picture that is shown by this orientation (EXIF 2.3, table 6).
    stored = {
        1: smooth(),
        2: cv2.flip(smooth(), 1),
        3: cv2.rotate(smooth(), cv2.ROTATE_180),
        4: cv2.flip(smooth(), 0),
        5: cv2.transpose(smooth()),
        6: cv2.rotate(smooth(), cv2.ROTATE_90_COUNTERCLOCKWISE),
        7: cv2.rotate(cv2.transpose(smooth()), cv2.ROTATE_180),
        8: cv2.rotate(smooth(), cv2.ROTATE_90_CLOCKWISE),
    }[turn]
    lying = PilImage.fromarray(np.ascontiguousarray(stored[:, :, ::-1]))
    lying.save(tmp_path / name, exif=exif(turn), quality=95)
    picture = load_picture(tmp_path / name)
    assert picture.pixels.shape == (60, 90, 3)
    assert np.abs(picture.pixels.astype(int) - smooth()).mean() < 6
    assert picture.conversions == (('EXIF rotation',) if turn > 1 else ())


@pytest.mark.parametrize('turn', [0, 9, 77])
def test_a_senseless_rotation_is_none(turn: int, tmp_path: Path) -> None:
    pillow().save(tmp_path / 'a.jpg', exif=exif(turn))
    assert load_picture(tmp_path / 'a.jpg').conversions == ()


def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    pillow().save(tmp_path / 'a.jpg', exif=b'Exif\0\0II*\0\xff\xff\xff\x7f')
    assert load_picture(tmp_path / 'a.jpg').conversions == ()


def test_transparency_becomes_gray(tmp_path: Path) -> None:
    cut_out = pillow().convert('RGBA')
    cut_out.paste((255, 255, 255, 0), (45, 0, 90, 60))
    cut_out.save(tmp_path / 'a.png')
    picture = load_picture(tmp_path / 'a.png')
    assert picture.conversions == ('transparency',)
    assert (picture.pixels[:, 45:] == BACKGROUND).all()
    assert (picture.pixels[:, :45] == smooth()[:, :45]).all()


@pytest.mark.parametrize('suffix', ['gif', 'webp', 'png'])
def test_of_an_animation_the_first_frame_is_taken(suffix: str, tmp_path: Path) -> None:
    black = PilImage.new('RGB', (90, 60))
    path = tmp_path / f'a.{suffix}'
    pillow().save(path, save_all=True, append_images=[black], quality=95)
    picture = load_picture(path)
    assert picture.conversions == ('first of several frames',)
    assert np.abs(picture.pixels.astype(int) - smooth()).mean() < 14


def test_jpeg_decodes_as_in_serving(tmp_path: Path) -> None:
    pillow().save(tmp_path / 'a.jpg', quality=80)
    difference = read_picture(tmp_path / 'a.jpg').astype(int) - cv2.imread(str(tmp_path / 'a.jpg'))
    assert np.abs(difference).max() <= 2


def bomb() -> bytes:
    """A PNG whose header promises 40000 x 40000 pixels."""
    content = b'\x89PNG\r\n\x1a\n'
    header = struct.pack('>IIBBBBB', 40000, 40000, 8, 2, 0, 0, 0)
    for kind, data in ((b'IHDR', header), (b'IDAT', zlib.compress(b'')), (b'IEND', b'')):
        chunk = kind + data
        content += struct.pack('>I', len(data)) + chunk + struct.pack('>I', zlib.crc32(chunk))
    return content


def encoded(picture: PilImage.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, **options)
    return buffer.getvalue()


FLIPPED = bytearray(encoded(pillow(), format='PNG'))
FLIPPED[len(FLIPPED) // 2] ^= 0xFF


@pytest.mark.parametrize(
    ('content', 'reason', 'words'),
    [
        (b'', 'empty', 'is empty'),
        (b'not a picture', 'no picture', 'expected one of JPEG, PNG'),
        (b'\xff\xd8 not a picture', 'no picture', 'no picture'),
        (b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n', 'no picture', 'no picture'),
        (bomb(), 'too large', 'scale it down'),
        (encoded(pillow(), format='JPEG')[:-200], 'cut off or damaged', 'expected a whole file'),
        (bytes(FLIPPED), 'cut off or damaged', 'expected a whole file'),
        (
            encoded(PilImage.fromarray(GRAY.astype(np.float32)), format='TIFF'),
            'more than 16 bits',
            'expected 8 or 16',
        ),
        (
            encoded(PilImage.fromarray(GRAY.astype(np.int32) * 2**20), format='TIFF'),
            'more than 16 bits',
            'expected 8 or 16',
        ),
    ],
    ids=['empty', 'text', 'jpeg start', 'eps', 'bomb', 'cut', 'flipped', 'float', 'int32'],
)
def test_what_is_no_picture_is_refused(
    content: bytes, reason: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / 'a.jpg'
    path.write_bytes(content)
    with pytest.raises(PictureError, match=words) as caught:
        read_picture(path)
    assert caught.value.reason == reason
    assert str(caught.value).startswith(f'{path}: ')
    assert '\n' not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match='cannot be read') as caught:
        read_picture(tmp_path / 'a.jpg')
    assert caught.value.reason == 'not readable'


WHOLE = {
    'jpeg': encoded(pillow(), format='JPEG'),
    'progressive': encoded(pillow(), format='JPEG', progressive=True),
    'cmyk': encoded(pillow().convert('CMYK'), format='JPEG'),
    'png': encoded(pillow(), format='PNG'),
    'webp': encoded(pillow(), format='WEBP'),
    'gif': encoded(pillow(), format='GIF'),
    'tiff': encoded(pillow(), format='TIFF'),
    'bmp': encoded(pillow(), format='BMP'),
}


@given(kind=st.sampled_from(sorted(WHOLE)), part=st.floats(0, 1, exclude_max=True))
def test_a_cut_off_file_is_refused_wherever_it_is_cut(
    kind: str, part: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = WHOLE[kind]
    # The last 22 bytes may be what ends the file after its last pixel.
    kept = int(part * (len(content) - 22))
    path = tmp_path_factory.mktemp('cut') / 'a'
    path.write_bytes(content[:kept])
    with pytest.raises(PictureError):
        read_picture(path)


@given(
    kind=st.sampled_from(sorted(WHOLE)),
    place=st.floats(0, 1, exclude_max=True),
    value=st.integers(0, 255),
)
def test_whatever_is_wrong_in_a_file_it_is_a_picture_or_refused(
    kind: str, place: float, value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(WHOLE[kind])
    content[int(place * len(content))] = value
    path = tmp_path_factory.mktemp('damaged') / 'a'
    path.write_bytes(bytes(content))
    try:
        picture = read_picture(path)
    except PictureError:
        return
    assert picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
