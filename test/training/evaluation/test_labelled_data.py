# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Photos by the names that a split has for them; mistakes are sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.scene import Box
from training.evaluation.labelled_data import crops_of, part_of_split, photos_of
from training.pictures import PictureError
from training.sources import DataError, Report

WriteScene = Callable[..., Path]
FACES = {Box(10, 10, 80, 100): ('with_mask', 40)}


class NoFaces:
    def detect(self, *_: object) -> list:
        return []


def split(folder: Path, *rows: str) -> Path:
    path = folder / 'split.csv'
    path.write_text('\n'.join(['photo,split,source,label,group', *rows]))
    return path


def test_photos_have_the_names_of_the_split(write_scene: WriteScene, tmp_path: Path) -> None:
    for name in ('one', 'two'):
        folder = write_scene(name, FACES)
    assert [photo.name for photo in photos_of(folder, None)] == [
        'scenes/images/one.png',
        'scenes/images/two.png',
    ]
    table = split(
        tmp_path, 'scenes/images/two.png,test,scenes,mask,0', 'scenes/images/one.png,val,,,'
    )
    (photo,) = photos_of(folder, part_of_split(table, 'test'))
    assert (photo.name, photo.source) == ('scenes/images/two.png', 'scenes')
    picture, faces = photo.read()
    assert picture.shape == (300, 400, 3)
    assert [(face.label, face.box) for face in faces] == [(0, Box(10, 10, 80, 100))]


def test_scenes_may_lie_deeper(write_scene: WriteScene) -> None:
    folder = write_scene('one', FACES)
    (photo,) = photos_of(folder.parent, None)
    assert (photo.name, photo.source) == ('data/scenes/images/one.png', 'data/scenes')


def test_crops_have_the_names_of_the_split(tmp_path: Path) -> None:
    for kind in ('mask', 'face'):
        for number in range(2):
            path = tmp_path / 'crops' / 'mine' / 'test' / kind / f'{number}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), np.full((40, 40, 3), 90, np.uint8))
    table = split(
        tmp_path, 'crops/mine/test/face/1.png,test,,,', 'crops/mine/test/mask/0.png,val,,,'
    )
    samples = crops_of(
        tmp_path / 'crops', part_of_split(table, 'test'), NoFaces(), ['mine'], Report()
    )
    assert [sample.photo for sample in samples] == ['mine/test/face/1.png']


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('name\n1', 'expected a CSV with the columns photo and split'),
        ('photo,split\na.jpg,train\nb.jpg,val', "no photo is in part 'test'; it has: train, val"),
    ],
)
def test_a_bad_split_is_a_sentence(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / 'split.csv').write_text(text)
    with pytest.raises(DataError, match=message):
        part_of_split(tmp_path / 'split.csv', 'test')


def test_missing_things_are_sentences(write_scene: WriteScene, tmp_path: Path) -> None:
    with pytest.raises(DataError, match='cannot be read'):
        part_of_split(tmp_path / 'none.csv', 'test')
    with pytest.raises(DataError, match='expected annotations'):
        photos_of(tmp_path, None)
    folder = write_scene('one', FACES)
    with pytest.raises(DataError, match='none of its 1 pictures is in this part'):
        photos_of(folder, {'other/images/one.png'})
    (folder / 'images' / 'one.png').write_bytes(b'')
    with pytest.raises(PictureError):
        photos_of(folder, None)[0].read()
    (folder / 'images' / 'one.png').unlink()
    with pytest.raises(DataError, match='no picture of this name'):
        photos_of(folder, None)
