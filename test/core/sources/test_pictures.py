# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Folders of pictures of every kind, with broken ones among them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import Source, SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.sources.pictures import DEFAULT_RATE

COLOR = (10, 100, 200)


def write(path: Path, image: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


def plain(color: tuple[int, ...] = COLOR, dtype: type = np.uint8) -> np.ndarray:
    return np.full((20, 30, len(color)), color, dtype)


def huge_png(path: Path) -> Path:
    """A PNG whose header promises 40000 x 40000 pixels."""
    header = struct.pack('>IIBBBBB', 40000, 40000, 8, 2, 0, 0, 0)
    content = b'\x89PNG\r\n\x1a\n'
    for kind, data in ((b'IHDR', header), (b'IDAT', zlib.compress(b'')), (b'IEND', b'')):
        chunk = kind + data
        content += struct.pack('>I', len(data)) + chunk + struct.pack('>I', zlib.crc32(chunk))
    path.write_bytes(content)
    return path


def names(source: Source) -> list[str]:
    found = []
    while (frame := source.read()) is not None:
        found.append(frame.name)
    return found


def test_a_folder_comes_in_natural_order_and_once_again(tmp_path: Path) -> None:
    for name in ('b10.png', 'b9.png', 'B1.jpg', 'a.bmp', 'c.webp', 'd.JPEG', '.hidden.png'):
        write(tmp_path / name, plain())
    (tmp_path / 'notes.txt').write_text('no picture')
    (tmp_path / 'folder.png').mkdir()
    expected = ['a.bmp', 'B1.jpg', 'b9.png', 'b10.png', 'c.webp', 'd.JPEG']
    source = open_source(str(tmp_path), SourceSettings())
    assert source.rate == DEFAULT_RATE
    assert source.description == str(tmp_path)
    assert names(source) == expected
    assert source.read() is None
    source.rewind()
    assert names(source) == expected
    assert source.problems == []


def test_the_rate_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path / 'a.png', plain())
    assert open_source(str(tmp_path), SourceSettings(rate=4.0)).rate == 4.0


@pytest.mark.parametrize(
    ('image', 'color'),
    [
        (plain(), COLOR),
        (plain((*COLOR, 128)), COLOR),
        (plain((77,)), (77, 77, 77)),
        (plain(tuple(257 * value for value in COLOR), np.uint16), COLOR),
        (plain((257 * 77,), np.uint16), (77, 77, 77)),
        (plain(tuple(257 * value for value in (*COLOR, 9)), np.uint16), COLOR),
    ],
    ids=['bgr', 'bgra', 'gray', 'bgr16', 'gray16', 'bgra16'],
)
def test_every_kind_of_pixel_becomes_bgr(
    image: np.ndarray, color: tuple[int, int, int], tmp_path: Path
) -> None:
    frame = open_source(str(write(tmp_path / 'a.png', image)), SourceSettings()).read()
    assert frame is not None
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (20, 30, 3)
    np.testing.assert_allclose(frame.image[5, 5], color, atol=1)
    assert frame.name == 'a.png'


def test_a_picture_that_was_taken_upright_stands_upright(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    # Orientation: turned by a quarter.
    exif[0x0112] = 6
    Pillow.fromarray(plain()).save(tmp_path / 'a.jpg', exif=exif)
    frame = open_source(str(tmp_path / 'a.jpg'), SourceSettings()).read()
    assert frame is not None
    assert frame.image.shape == (30, 20, 3)


@pytest.mark.parametrize(
    ('settings', 'shape'),
    [
        (SourceSettings(width=15), (10, 15, 3)),
        (SourceSettings(height=60), (60, 90, 3)),
        (SourceSettings(width=7, height=9), (9, 7, 3)),
    ],
)
def test_pictures_have_the_size_that_is_asked_for(
    settings: SourceSettings, shape: tuple[int, ...], tmp_path: Path
) -> None:
    write(tmp_path / 'a.png', plain())
    frame = open_source(str(tmp_path), settings).read()
    assert frame is not None
    assert frame.image.shape == shape


def test_what_cannot_be_read_is_skipped_and_named(tmp_path: Path) -> None:
    write(tmp_path / '1.png', plain())
    (tmp_path / '2.png').write_bytes(b'')
    (tmp_path / '3.jpg').write_text('not a picture')
    huge_png(tmp_path / '4.png')
    write(tmp_path / '5.png', plain())
    source = open_source(str(tmp_path), SourceSettings())
    for _ in range(2):
        assert names(source) == ['1.png', '5.png']
        broken, text, huge = source.problems
        assert broken.startswith('2.png cannot be read as a picture and is skipped')
        assert text.startswith('3.jpg cannot be read as a picture and is skipped')
        assert huge.startswith('4.png is skipped: it has more pixels than OpenCV reads')
        source.rewind()


def test_a_folder_of_broken_pictures_is_an_error(tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f'{index}.png').write_bytes(b'broken')
    source = open_source(str(tmp_path), SourceSettings())
    with pytest.raises(SourceError, match='of the 3 pictures can be read; the first one: 0.png'):
        source.read()


def test_a_huge_picture_alone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='more pixels than OpenCV reads'):
        open_source(str(huge_png(tmp_path / 'a.png')), SourceSettings())


def test_a_picture_that_is_mended_meanwhile_is_read(tmp_path: Path) -> None:
    write(tmp_path / '1.png', plain())
    (tmp_path / '2.png').write_bytes(b'')
    source = open_source(str(tmp_path), SourceSettings())
    assert names(source) == ['1.png']
    write(tmp_path / '2.png', plain())
    source.rewind()
    assert names(source) == ['1.png', '2.png']
    assert source.problems == []


def test_other_settings_act_from_the_next_picture_on(tmp_path: Path) -> None:
    for index in range(3):
        write(tmp_path / f'{index}.png', plain())
    source = open_source(str(tmp_path), SourceSettings())
    source.read()
    assert source.adapt(SourceSettings(width=2, rate=30.0))
    frame = source.read()
    assert frame is not None
    assert (frame.name, frame.image.shape[1], source.rate) == ('1.png', 2, 30.0)
