# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Splits faces into train, val and test, with near-duplicate photos in the same part."""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold, train_test_split
from sklearn.neighbors import NearestNeighbors

from mask_proximity.core.errors import OutputError
from mask_proximity.core.types import LABELS
from training.annotations import DataError
from training.sources import Report, Sample

SPLITS = ('train', 'val', 'test')

LEFT_OUT = 'left_out'
"""In the file of a split: a face of train that has a near-duplicate in val or test."""

PARTS = {'train': 70, 'val': 10, 'test': 20}
"""Division of photos without a given split, in per cent."""

COLUMNS = ('photo', 'split', 'source', 'label', 'group')

NEAR_DUPLICATE_BITS = 8
"""Pictures are near-duplicates if their 64-bit perceptual hashes differ in fewer bits, ...

On the photos of this project, nearly all pairs below 6 were the same photo. Some pairs at 6 and 7
were, and the others do no harm by staying together. From 10 on, chains of pairs join different
people into one group of a thousand faces.
"""

GRADIENT_BITS = 5
"""... or if the 64-bit gradient hashes of the photos differ in fewer bits.

The gradient hash finds what the perceptual hash misses: the same photo shifted by a few pixels, or
with a watermark. From 6 on, chains grow here as well, since it hardly tells portraits apart.
"""

Groups = npt.NDArray[np.int64]
Splits = dict[str, list[Sample]]


def near_duplicate_groups(samples: Sequence[Sample]) -> Groups:
    """Group the faces of the same photo and of near-duplicate photos.

    Photos are compared with photos, faces with faces, and faces with photos (a photo may be cut out
    of another one); all of them mirrored, too. See Sample.bits.

    Returns:
        len(samples) group numbers; near-duplicates share one, also through a chain of others.
    """
    count = len(samples)
    _, first, photo = np.unique(
        [sample.photo for sample in samples], return_index=True, return_inverse=True
    )
    ones, others = [np.arange(count)], [first[photo]]
    bits = np.stack([sample.bits for sample in samples]).astype(np.float32)
    # Query row of the bits, rows to search, and limit.
    for sought, among, limit in (
        (0, slice(0, 4), NEAR_DUPLICATE_BITS),
        (2, slice(0, 4), NEAR_DUPLICATE_BITS),
        (4, slice(4, 6), GRADIENT_BITS),
    ):
        # The squared Euclidean distance of bit vectors is their Hamming distance.
        neighbors = NearestNeighbors(radius=(limit - 0.5) ** 0.5, algorithm='brute')
        neighbors.fit(bits[:, among].transpose(1, 0, 2).reshape(-1, 64))
        near = neighbors.radius_neighbors_graph(bits[:, sought]).tocoo()
        ones.append(near.row)
        others.append(near.col % count)
    pairs = np.concatenate(ones), np.concatenate(others)
    edges = csr_array((np.ones(len(pairs[0])), pairs), shape=(count, count))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)


def divide(
    samples: Sequence[Sample], groups: Groups, seed: int, parts: Mapping[str, int] = PARTS
) -> list[str]:
    """Return the split of each face, or LEFT_OUT.

    A given split is kept, except that a face of train with a near-duplicate in val or test (or of
    val with one in test) is left out. A photo without a split follows its near-duplicates. The
    other groups are divided, stratified by class and source. If only train and test are given, val
    is taken from train.

    Args:
        samples: The faces.
        groups: Groups of near-duplicates, see `near_duplicate_groups`.
        seed: Seed of the division.
        parts: Per cent of train, val and test.

    Raises:
        DataError: There are too few photos, or a split lacks a class.
    """
    split_of: dict[int, str] = {}
    for split in SPLITS:  # The last one wins: test over val over train.
        for sample, group in zip(samples, groups, strict=True):
            if sample.split == split:
                split_of[int(group)] = split
    free = [index for index, group in enumerate(groups) if int(group) not in split_of]
    if free:
        split_of |= _draw(samples, groups, free, seed, parts)
    elif 'val' not in split_of.values():
        # Without a split, a face of train may move to val below and is not left out.
        samples = [
            replace(sample, split='') if split_of[int(group)] == 'train' else sample
            for sample, group in zip(samples, groups, strict=True)
        ]
        learned = [index for index, sample in enumerate(samples) if not sample.split]
        rest = {'train': 100 - parts['val'], 'val': parts['val']}
        split_of |= _draw(samples, groups, learned, seed, rest)
    result = []
    for sample, group in zip(samples, groups, strict=True):
        split = split_of[int(group)]
        result.append(split if sample.split in ('', split) else LEFT_OUT)
    _check_classes(samples, result)
    return result


def _draw(
    samples: Sequence[Sample],
    groups: Groups,
    chosen: Sequence[int],
    seed: int,
    parts: Mapping[str, int],
) -> dict[int, str]:
    """Divide the groups of the chosen samples at random; returns the split by group."""
    folds = 100 // math.gcd(*parts.values())
    labels = np.array([samples[index].label for index in chosen])
    members = groups[chosen]
    for label in np.unique(labels):
        count = len(np.unique(members[labels == label]))
        if count < folds:
            raise DataError(
                f'there are too few pictures of the class {LABELS[label]} to split them: {count} '
                f'that are no near-duplicates of each other; expected at least {folds}'
            )
    strata = [f'{samples[index].label} {samples[index].source}' for index in chosen]
    division = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    split_of_fold = [
        split for split in parts for _ in range(parts[split] * folds // sum(parts.values()))
    ]
    result: dict[int, str] = {}
    with warnings.catch_warnings():
        # scikit-learn warns if a source has fewer faces of a class than there are folds.
        warnings.simplefilter('ignore', UserWarning)
        for split, (_, fold) in zip(
            split_of_fold, division.split(members, strata, members), strict=True
        ):
            result |= dict.fromkeys(members[fold].tolist(), split)
    return result


def _check_classes(samples: Sequence[Sample], splits: Sequence[str]) -> None:
    there = set(zip(splits, (sample.label for sample in samples), strict=True))
    for label in sorted({sample.label for sample in samples}):
        for split in SPLITS:
            if (split, label) not in there:
                raise DataError(
                    f'the {split} split lacks pictures of the class {LABELS[label]}; add more '
                    'pictures, or leave the division to the training: rename the folders train, '
                    'val and test'
                )


def split_samples(
    samples: Sequence[Sample], seed: int, report: Report, parts: Mapping[str, int] = PARTS
) -> Splits:
    """Split with near-duplicates in the same part, see `divide`.

    Args:
        samples: Samples from `load_samples`.
        seed: Seed of the division.
        report: Filled in with the counts.
        parts: Per cent of train, val and test.

    Returns:
        The samples of 'train', 'val' and 'test'.

    Raises:
        DataError: There are too few photos, or a split lacks a class.
    """
    return collect(samples, divide(samples, near_duplicate_groups(samples), seed, parts), report)


def collect(samples: Sequence[Sample], splits: Iterable[str], report: Report) -> Splits:
    """Collect the samples of each split and count them in the report."""
    result: Splits = {split: [] for split in SPLITS}
    for sample, split in zip(samples, splits, strict=True):
        if split == LEFT_OUT:
            report.near_duplicates_left_out_of_training[sample.source] += 1
            continue
        result[split].append(replace(sample, split=split))
        report.used[f'{sample.source}/{split}/{LABELS[sample.label]}'] += 1
    return result


def plain_split(samples: Sequence[Sample], test_size: float = 0.2, seed: int = 42) -> Splits:
    """Split faces into train and test at random, stratified by class, as the tutorial does.

    Accuracy on this split is too optimistic, see training.split_table: near-duplicates, and faces
    of the same photo, are in both parts. As in the tutorial, val is the same as test.

    Args:
        samples: The faces; given splits are ignored.
        test_size: Fraction of the faces for test.
        seed: Seed of the division.

    Raises:
        DataError: There are too few faces.
    """
    try:
        train, test = train_test_split(
            np.arange(len(samples)),
            test_size=test_size,
            stratify=[sample.label for sample in samples],
            random_state=seed,
        )
    except ValueError as error:
        raise DataError(f'there are too few faces to split them ({error})') from None
    held = [replace(samples[index], split='test') for index in test]
    return {
        'train': [replace(samples[index], split='train') for index in train],
        'val': [replace(sample, split='val') for sample in held],
        'test': held,
    }


def write_split(
    path: Path, samples: Sequence[Sample], splits: Sequence[str], groups: Groups
) -> None:
    """Write a split as a CSV file with COLUMNS, one line for each face.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        with path.open('w', encoding='utf-8', newline='') as file:
            writer = csv.writer(file, lineterminator='\n')
            writer.writerow(COLUMNS)
            for sample, split, group in zip(samples, splits, groups, strict=True):
                writer.writerow((sample.photo, split, sample.source, LABELS[sample.label], group))
    except OSError as error:
        raise OutputError(f'{path}: this file cannot be written ({error.strerror})') from None


def read_split(path: Path, samples: Sequence[Sample], report: Report) -> Splits:
    """Split samples as in a file that `write_split` wrote.

    Args:
        path: Path of the file.
        samples: Samples from `load_samples`.
        report: Filled in with the counts.

    Raises:
        DataError: The file cannot be read, lacks a photo, or has one in two splits.
    """
    split_of: dict[str, str] = {}
    try:
        with path.open(encoding='utf-8', newline='') as file:
            rows = csv.DictReader(file)
            if not {'photo', 'split'} <= set(rows.fieldnames or ()):
                raise DataError(
                    f'{path}: expected a CSV file of a split, whose first line names the columns '
                    f'{",".join(COLUMNS)}'
                )
            for row in rows:
                photo, split = row['photo'], row['split']
                # All faces of a photo share one split; LEFT_OUT applies to whole photos.
                if split not in (*SPLITS, LEFT_OUT) or split_of.get(photo, split) != split:
                    raise DataError(
                        f'{path}, line {rows.line_num}: {photo} is in {split!r}'
                        + (f' and in {split_of[photo]!r}' if photo in split_of else '')
                        + f'; expected one of {", ".join((*SPLITS, LEFT_OUT))} for a photo'
                    )
                split_of[photo] = split
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f'{path}: this file of a split cannot be read ({error})') from None
    missing = [sample.photo for sample in samples if sample.photo not in split_of]
    if missing:
        raise DataError(
            f'{path}: {missing[0]} is not in this split, nor are {len(set(missing)) - 1} other '
            'photos; write it anew by `python -m training.split`'
        )
    splits = [split_of[sample.photo] for sample in samples]
    _check_classes(samples, splits)
    return collect(samples, splits, report)
