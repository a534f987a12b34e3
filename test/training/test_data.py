# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Faces are found where they are, and no photo stands on two sides of a split."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core import models
from mask_proximity.core.faces import SsdFaceDetector
from mask_proximity.core.models import ModelDescription
from mask_proximity.core.scene import Box, Image
from training.data import (
    FOLDERS,
    DataError,
    Report,
    Sample,
    find_face,
    load_samples,
    near_duplicate_groups,
    split_samples,
)

FACE = Box(179, 58, 272, 177)


@pytest.fixture(scope='module')
def detector() -> SsdFaceDetector:
    return SsdFaceDetector(ModelDescription.load(models.models_directory() / models.FACE_SSD))


def noise(seed: int) -> Image:
    """A picture unlike that of any other seed."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return cv2.resize(small, (90, 90), interpolation=cv2.INTER_CUBIC)


def sample(number: int, label: int, split: str = '', picture: Image | None = None) -> Sample:
    chosen = noise(number) if picture is None else picture
    classes = sorted(FOLDERS.values())
    return Sample(f'{number}.png', 'mine', split, classes[label], chosen, Box(5, 5, 85, 85))


def test_a_face_in_a_photo_is_found(detector: SsdFaceDetector, portrait: Image) -> None:
    box = find_face(portrait, detector)
    assert box is not None and box.iou(FACE) > 0.75


def test_a_face_that_fills_its_picture_is_found_whole(
    detector: SsdFaceDetector, portrait: Image
) -> None:
    left, top, right, bottom = 165, 45, 290, 190
    box = find_face(portrait[top:bottom, left:right], detector)
    assert box is not None
    moved = Box(box.x1 + left, box.y1 + top, box.x2 + left, box.y2 + top)
    assert moved.iou(FACE) > 0.75
    assert box.x1 >= 0 and box.y1 >= 0 and box.x2 <= right - left and box.y2 <= bottom - top


def test_no_face_is_none(detector: SsdFaceDetector) -> None:
    assert find_face(noise(1), detector) is None


def test_files_become_samples_or_are_counted(
    detector: SsdFaceDetector, portrait: Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, picture in {
        'photos/face/portrait.png': portrait,
        'photos/face/nobody.png': noise(2),
        'tight/train/mask/noise.png': noise(3),
    }.items():
        path = tmp_path / 'crops' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), picture)
    (tmp_path / 'crops/photos/face/broken.jpg').write_bytes(b'\xff\xd8 not a picture')
    (tmp_path / 'crops/photos/face/empty.jpg').touch()
    report = Report()
    samples = load_samples(tmp_path, detector, ['tight'], report)
    assert [(each.name, each.source, each.split, each.label) for each in samples] == [
        ('photos/face/portrait.png', 'photos', '', FOLDERS['face']),
        ('tight/train/mask/noise.png', 'tight', 'train', FOLDERS['mask']),
    ]
    assert samples[1].box == Box(0, 0, 90, 90)
    assert report.unreadable == ['photos/face/broken.jpg', 'photos/face/empty.jpg']
    assert report.no_face_found_skipped == {'photos': 1}
    assert report.no_face_found_whole_picture_taken == {'tight': 1}
    output = ''.join(capsys.readouterr())
    assert 'photos/face/broken.jpg' in output and 'photos/face/empty.jpg' in output


def test_no_pictures_are_a_sentence(detector: SsdFaceDetector, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected folders 'mask' and 'face'"):
        load_samples(tmp_path, detector, [], Report())


def test_near_duplicates_are_grouped() -> None:
    picture = noise(7)
    recoded = cv2.imdecode(
        cv2.imencode('.jpg', cv2.resize(picture, (64, 64)), [cv2.IMWRITE_JPEG_QUALITY, 60])[1],
        cv2.IMREAD_COLOR,
    )
    larger = cv2.copyMakeBorder(picture, 40, 60, 80, 20, cv2.BORDER_CONSTANT)
    same = [
        sample(0, 0, picture=picture),
        replace(sample(1, 0, picture=recoded), box=Box(5 * 64 / 90, 5 * 64 / 90, 60, 60)),
        sample(2, 0, picture=cv2.flip(picture, 1)),
        replace(sample(3, 0, picture=larger), box=Box(85, 45, 165, 125)),
    ]
    others = [sample(number, 0) for number in range(20, 60)]
    groups = near_duplicate_groups([*same, *others])
    assert len(set(groups[:4])) == 1
    assert len(set(groups)) == 1 + len(others)


def test_a_planted_duplicate_stays_on_one_side() -> None:
    singles = [sample(number, number % 2) for number in range(60)]
    copies = [
        replace(each, name=f'copy{each.name}', picture=cv2.flip(each.picture, 1))
        for each in singles
    ]
    for seed in range(5):
        splits = split_samples([*singles, *copies], seed, Report())
        names = {
            split: {each.name.removeprefix('copy') for each in members}
            for split, members in splits.items()
        }
        for one, other in itertools.combinations(names.values(), 2):
            assert not one & other
        assert sum(map(len, splits.values())) == 120
        assert len(splits['val']) >= 8 and len(splits['test']) >= 8


def test_a_named_split_is_kept_and_cleaned_of_duplicates() -> None:
    members = [
        sample(number, number % 2, split)
        for number, split in enumerate(['train'] * 20 + ['val'] * 10 + ['test'] * 10)
    ]
    leaked = replace(sample(100, 0, 'train', noise(30)), name='leaked.png')
    free = replace(sample(101, 0, '', noise(31)), name='free.png')
    report = Report()
    splits = split_samples([*members, leaked, free], 0, report)
    assert [len(splits[split]) for split in ('train', 'val', 'test')] == [20, 10, 11]
    assert all(each.split == split for split, all_ in splits.items() for each in all_)
    assert 'free.png' in {each.name for each in splits['test']}
    assert report.near_duplicates_left_out_of_training == {'mine': 1}
    assert sum(report.used.values()) == 41


def test_a_split_is_seeded() -> None:
    samples = [sample(number, number % 2) for number in range(60)]

    def names(seed: int) -> list[str]:
        return [each.name for each in split_samples(samples, seed, Report())['test']]

    assert names(1) == names(1)
    assert names(1) != names(2)


def test_too_few_pictures_are_a_sentence() -> None:
    with pytest.raises(DataError, match='too few pictures'):
        split_samples([sample(number, number % 2) for number in range(6)], 0, Report())


def test_a_split_without_a_class_is_a_sentence() -> None:
    samples = [sample(number, number % 2, 'train') for number in range(20)]
    samples += [sample(number, 0, 'val') for number in range(20, 30)]
    with pytest.raises(DataError, match='the val split lacks'):
        split_samples(samples, 0, Report())
