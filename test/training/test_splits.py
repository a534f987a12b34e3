# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""No photo, nor one like it, stands on two sides of an honest split; of a plain one, it does."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from mask_proximity.core.errors import OutputError
from mask_proximity.core.types import LABELS, Box, Image
from training.annotations import DataError
from training.sources import Report, Sample, cut_sample, photo_hashes
from training.splits import (
    COLUMNS,
    LEFT_OUT,
    NEAR_DUPLICATE_BITS,
    SPLITS,
    divide,
    near_duplicate_groups,
    plain_split,
    read_split,
    split_samples,
    write_split,
)

SIZE = 120
FACE = Box(30, 25, 80, 95)


@cache
def noise(seed: int) -> Image:
    """A picture unlike that of any other seed."""
    small = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), np.uint8)
    return np.asarray(cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC))


def face(
    photo: str,
    picture: Image,
    label: int = 0,
    split: str = '',
    box: Box = FACE,
    number: int = 0,
    source: str = 'mine',
) -> Sample:
    bits = photo_hashes(picture)
    return cut_sample(f'{photo}#{number}', photo, source, split, label, picture, box, bits)


@cache
def strangers(count: int, first: int = 0) -> tuple[Sample, ...]:
    """Faces of as many photos, half of them masked."""
    return tuple(
        face(f'{number}.png', noise(number), 2 * (number % 2))
        for number in range(first, first + count)
    )


def scaled(picture: Image) -> tuple[Image, Box]:
    box = Box(*(value * 0.7 for value in (FACE.x1, FACE.y1, FACE.x2, FACE.y2)))
    return np.asarray(cv2.resize(picture, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)), box


def recoded(picture: Image) -> tuple[Image, Box]:
    data = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)), FACE


def mirrored(picture: Image) -> tuple[Image, Box]:
    return cv2.flip(picture, 1), Box(SIZE - FACE.x2, FACE.y1, SIZE - FACE.x1, FACE.y2)


def brighter(picture: Image) -> tuple[Image, Box]:
    return cv2.convertScaleAbs(picture, alpha=0.8, beta=40), FACE


def watermarked(picture: Image) -> tuple[Image, Box]:
    marked = picture.copy()
    cv2.putText(marked, 'stock', (5, SIZE - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (255, 255, 255))
    return marked, FACE


def cropped(picture: Image) -> tuple[Image, Box]:
    """The face and what is around it, out of a scene."""
    return picture[15:105, 20:90], Box(10, 10, 60, 80)


def cut_to_the_face(picture: Image) -> tuple[Image, Box]:
    """As crops of sources that are tight, where no face is found: its box is the whole picture."""
    return picture[25:95, 30:80], Box(0, 0, 50, 70)


COPIES: dict[str, Callable[[Image], tuple[Image, Box]]] = {
    'exact': lambda picture: (picture, FACE),
    'scaled': scaled,
    'recoded': recoded,
    'mirrored': mirrored,
    'brighter': brighter,
    'watermarked': watermarked,
    'cropped': cropped,
    'cut to the face': cut_to_the_face,
}


@pytest.mark.parametrize('kind', COPIES)
def test_copies_are_grouped_and_strangers_are_not(kind: str) -> None:
    pictures = [noise(number) for number in range(30)]
    originals = [face(f'{number}.png', each) for number, each in enumerate(pictures)]
    copies = []
    for number, each in enumerate(pictures):
        picture, box = COPIES[kind](each)
        copies.append(face(f'copy/{number}.png', picture, box=box))
    groups = near_duplicate_groups([*originals, *copies])
    assert (groups[:30] == groups[30:]).all()
    assert len(set(groups)) == 30


def test_the_same_photo_moved_by_a_few_pixels_is_grouped() -> None:
    picture = np.asarray(cv2.GaussianBlur(noise(9), (0, 0), 3))
    shift = np.array([[1, 0, 2], [0, 1, 2]], np.float32)
    moved = cv2.warpAffine(picture, shift, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
    one, other = face('a.png', picture), face('b.png', np.asarray(moved))
    # By the gradient hash alone.
    assert min((one.bits[0] != bits).sum() for bits in other.bits[:4]) >= NEAR_DUPLICATE_BITS
    assert len(set(near_duplicate_groups([one, other, *strangers(20, first=50)]))) == 21


def test_the_faces_of_a_photo_are_one_group() -> None:
    boxes = [Box(x, y, x + 30, y + 40) for x in (5, 45, 85) for y in (5, 60)]
    faces = [face('a.png', noise(1), box=box, number=i) for i, box in enumerate(boxes)]
    faces[3] = replace(faces[3], bits=~faces[3].bits)  # whatever the hashes say
    groups = near_duplicate_groups([*faces, *strangers(5, first=50)])
    assert len(set(groups[:6])) == 1
    assert len(set(groups)) == 6


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_whatever_the_seed_nothing_stands_on_two_sides(seed: int) -> None:
    samples = crowd()
    splits = split_samples(samples, seed, Report())
    assert sum(map(len, splits.values())) == len(samples)
    for what in (photo_of, original_of):
        sides = [{what(each) for each in members} for members in splits.values()]
        for one, other in itertools.combinations(sides, 2):
            assert not one & other


def photo_of(sample: Sample) -> str:
    return sample.photo


def original_of(sample: Sample) -> str:
    return sample.photo.rpartition('/')[2]


@cache
def crowd() -> tuple[Sample, ...]:
    """A hundred photos, every kind of copy of some of them, and photos with several faces."""
    copies = []
    for number, copy in enumerate(itertools.islice(itertools.cycle(COPIES.items()), 40)):
        kind, change = copy
        picture, box = change(noise(number))
        copies.append(face(f'{kind}/{number}.png', picture, 2 * (number % 2), box=box))
    more = [
        face(f'{number}.png', noise(number), 1, box=Box(60, 10, 100, 60), number=1)
        for number in range(40, 70)
    ]
    return (*strangers(100), *copies, *more)


def test_an_independent_hash_finds_no_leak() -> None:
    samples = crowd()
    splits = split_samples(samples, 0, Report())
    side_of = {each.name: split for split, members in splits.items() for each in members}
    hashes = [
        (side_of[each.name], imagehash.whash(PilImage.fromarray(cv2.cvtColor(
            each.picture, cv2.COLOR_BGR2GRAY))))
        for each in samples
    ]  # fmt: skip
    pairs = itertools.combinations(hashes, 2)
    close = [one[0] == other[0] for one, other in pairs if one[1] - other[1] <= 2]
    assert len(close) > 20 and all(close)


@pytest.mark.parametrize(('seed', 'parts'), [(0, (70, 10, 20)), (7, (80, 10, 10))])
def test_each_class_and_source_is_divided_alike(seed: int, parts: tuple[int, int, int]) -> None:
    samples = [
        replace(each, label=LABELS.index(label), source=source)
        for each, (label, source) in zip(
            strangers(300),
            itertools.cycle([('mask', 'a'), ('no_mask', 'a'), ('no_mask', 'b')]),
            strict=False,
        )
    ]
    samples = [
        replace(each, label=1) if number % 10 == 0 else each for number, each in enumerate(samples)
    ]
    wanted = dict(zip(SPLITS, parts, strict=True))
    report = Report()
    splits = split_samples(samples, seed, report, wanted)
    whole = Counter((each.label, each.source) for each in samples)
    for split, members in splits.items():
        there = Counter((each.label, each.source) for each in members)
        for stratum, count in whole.items():
            assert there[stratum] == pytest.approx(wanted[split] / 100 * count, abs=2)
        assert all(each.split == split for each in members)
    assert sum(report.used.values()) == 300
    assert report.used['b/test/no_mask'] > 0


def test_the_same_seed_gives_the_same_split() -> None:
    def names(seed: int) -> list[str]:
        return [each.name for each in split_samples(strangers(80), seed, Report())['test']]

    assert names(1) == names(1)
    assert names(1) != names(2)


def test_a_named_split_is_kept_and_cleaned_of_duplicates() -> None:
    members = [
        replace(each, split=split)
        for each, split in zip(
            strangers(40), ['train'] * 20 + ['val'] * 10 + ['test'] * 10, strict=True
        )
    ]
    leaked = face('leaked.png', noise(30), split='train')
    of_val = face('of_val.png', cv2.flip(noise(31), 1), split='val')
    free = face('free.png', noise(32))
    report = Report()
    splits = split_samples([*members, leaked, of_val, free], 0, report)
    assert [len(splits[split]) for split in SPLITS] == [20, 10, 11]
    assert 'free.png#0' in {each.name for each in splits['test']}
    assert report.near_duplicates_left_out_of_training == {'mine': 2}
    assert sum(report.used.values()) == 41


def test_where_folders_name_no_val_it_is_taken_from_train() -> None:
    members = [
        replace(each, split='train' if number < 60 else 'test')
        for number, each in enumerate(strangers(90))
    ]
    twin = face('twin.png', noise(3), 2, split='train')
    leaked = face('leaked.png', noise(70), split='train')
    report = Report()
    splits = split_samples([*members, twin, leaked], 0, report)
    assert len(splits['test']) == 30 and 5 <= len(splits['val']) <= 8
    assert {each.photo for each in splits['test']} == {each.photo for each in members[60:]}
    sides = {each.photo: split for split, all_ in splits.items() for each in all_}
    assert sides['twin.png'] == sides['3.png']
    assert 'leaked.png' not in sides
    assert report.near_duplicates_left_out_of_training == {'mine': 1}


@pytest.mark.parametrize(
    ('samples', 'words'),
    [
        (strangers(6), 'too few pictures of the class mask to split them: 3 .* at least 10'),
        (
            [*strangers(60), *(face(f'copy{number}.png', noise(0), 1) for number in range(50))],
            'class incorrect to split them: 1 that',
        ),
        (
            [replace(each, split='train') for each in strangers(20)]
            + [face(f'{number}.png', noise(number), 0, 'val') for number in range(50, 60)]
            + [replace(each, split='test') for each in strangers(10, first=70)],
            'the val split lacks pictures of the class no_mask',
        ),
    ],
)
def test_what_cannot_be_split_is_a_sentence(samples: Sequence[Sample], words: str) -> None:
    with pytest.raises(DataError, match=words):
        split_samples(samples, 0, Report())


def test_the_plain_split_is_the_tutorials_and_leaks() -> None:
    copies = [replace(each, photo=f'copy/{each.photo}') for each in strangers(100)]
    splits = plain_split([*strangers(100), *copies])
    assert [len(splits[split]) for split in SPLITS] == [160, 40, 40]
    assert [each.photo for each in splits['val']] == [each.photo for each in splits['test']]
    assert Counter(each.label for each in splits['test']) == {0: 20, 2: 20}
    learned = {original_of(each) for each in splits['train']}
    leaks = sum(original_of(each) in learned for each in splits['test'])
    assert leaks > 20
    with pytest.raises(DataError, match='too few faces'):
        plain_split(strangers(1))


def test_a_split_survives_its_file(tmp_path: Path) -> None:
    samples = [
        *(replace(each, split='test' if number < 20 else '')
          for number, each in enumerate(strangers(80))),
        face('leaked.png', noise(3), split='train'),
    ]  # fmt: skip
    groups = near_duplicate_groups(samples)
    splits = divide(samples, groups, 0)
    path = tmp_path / 'split.csv'
    write_split(path, samples, splits, groups)
    lines = path.read_text().splitlines()
    assert lines[0] == ','.join(COLUMNS)
    assert len(lines) == 1 + len(samples)
    assert lines[-1].startswith(f'leaked.png,{LEFT_OUT},mine,mask,')
    again = read_split(path, samples, Report())
    for split in SPLITS:
        names = [each.name for each, part in zip(samples, splits, strict=True) if part == split]
        assert [each.name for each in again[split]] == names
    with pytest.raises(OutputError, match='cannot be written'):
        write_split(tmp_path / 'nowhere' / 'split.csv', samples, splits, groups)


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (b'path,label\n', 'expected a CSV file of a split'),
        (b'', 'expected a CSV file of a split'),
        (b'photo,split\n0.png,dev\n', "line 2: 0.png is in 'dev'; expected one of train"),
        (b'photo,split\n0.png,val\n0.png,test\n', "line 3: 0.png is in 'test' and in 'val'"),
        (b'photo,split\n\xff,test\n', 'cannot be read'),
        (b'photo,split\n0.png,train\n', '1.png is not in this split, nor are 18 other'),
    ],
)
def test_a_wrong_file_of_a_split_is_a_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / 'split.csv'
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_split(path, strangers(20), Report())
    with pytest.raises(DataError, match='cannot be read'):
        read_split(tmp_path / 'missing.csv', strangers(20), Report())


def test_the_command_writes_the_same_file_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.split import main

    for number in range(24):
        for label in ('mask', 'face'):
            path = tmp_path / f'data/tight/{label}/{number}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), noise(number + (100 if label == 'mask' else 0)))
    texts = []
    for name in ('a.csv', 'b.csv'):
        words = ['--data', str(tmp_path / 'data'), '--output', str(tmp_path / name)]
        assert main([*words, '--tight', 'tight', '--seed', '5']) == 0
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    assert 'tight/mask/0.png,' in texts[0] and ',tight,mask,' in texts[0]
    assert 'test: ' in capsys.readouterr().out
    assert main(['--data', str(tmp_path / 'nowhere')]) == 1
    assert capsys.readouterr().err.startswith('error: ')
    with pytest.raises(SystemExit):
        main([*words, '--parts', '50', '50', '10'])


@pytest.mark.parametrize('options', [(), ('--shield', 'no_mask')])
def test_the_command_splits_shield_pictures_only_if_their_label_is_given(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    from training.split import main

    for first, folder in enumerate(('mask', 'face', 'shield')):
        for number in range(12):
            path = tmp_path / f'data/tight/{folder}/{number}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), noise(100 * first + number))
    output = tmp_path / 'split.csv'
    data = ('--data', str(tmp_path / 'data'), '--tight', 'tight', '--output', str(output))
    assert main([*data, *options]) == 0
    assert ('tight/shield/0.png,' in output.read_text()) is bool(options)
