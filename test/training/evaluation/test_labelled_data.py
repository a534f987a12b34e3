# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Photos by the names that a split has for them; mistakes are sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.types import Box
from training.annotations import DataError
from training.evaluation.labelled_data import crops_of, named, part_of_split, photos_of
from training.sources import Report

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
    report = Report()
    assert len(photos_of(folder, None, report)) == 2
    table = split(
        tmp_path, 'scenes/images/two.png,test,scenes,mask,0', 'scenes/images/one.png,val,,,'
    )
    (photo,) = photos_of(folder, part_of_split(table, 'test'), report)
    assert (photo.name, photo.source) == ('images/two.png', 'scenes')
    assert named(photo.name, folder) == 'scenes/images/two.png'
    assert [(face.label, face.box) for face in photo.faces] == [(0, Box(10, 10, 80, 100))]
    # Of a split that was made of this folder alone.
    assert [photo.name for photo in photos_of(folder, {'images/one.png'}, report)] == [
        'images/one.png'
    ]
    assert not report.unreadable
    detour = folder / 'images' / '..'
    assert [named(each.name, detour) for each in photos_of(detour, None, report)] == [
        'scenes/images/one.png',
        'scenes/images/two.png',
    ]


def test_crops_have_the_names_of_the_split(tmp_path: Path) -> None:
    for kind in ('mask', 'face'):
        for number in range(2):
            path = tmp_path / 'crops' / 'mine' / 'test' / kind / f'{number}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), np.full((40, 40, 3), 90, np.uint8))
    table = split(
        tmp_path,
        'crops/mine/test/face/1.png,test,,,',
        'crops/mine/test/mask/1.png,test,,,',
        'crops/mine/test/mask/0.png,val,,,',
    )
    samples = crops_of(
        tmp_path / 'crops', part_of_split(table, 'test'), NoFaces(), ['mine'], Report()
    )
    assert [sample.photo for sample in samples] == [
        'mine/test/face/1.png',
        'mine/test/mask/1.png',
    ]


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
        photos_of(tmp_path, None, Report())
    folder = write_scene('one', FACES)
    with pytest.raises(DataError, match='none of its pictures is in this part'):
        photos_of(folder, {'other/images/one.png'}, Report())
    (folder / 'images' / 'one.png').unlink()
    report = Report()
    with pytest.raises(DataError, match='no labelled photo'):
        photos_of(folder, None, report)
    assert report.unreadable == ['annotations/one.xml: annotation without picture']
