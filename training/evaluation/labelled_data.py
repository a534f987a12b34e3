# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Labelled photos and crops of one part of a split, named as in the split."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection
from pathlib import Path

from mask_proximity.core.detection.detector import FaceDetector
from training.annotations import DataError
from training.sources import Photo, Report, Sample, find_photos, load_samples


def part_of_split(table: Path, part: str) -> frozenset[str]:
    """Return the names of the photos in a part of a split.

    Args:
        table: CSV file with the columns photo and split, as written by `training.split`.
        part: 'train', 'val' or 'test'.

    Raises:
        DataError: The file is no such table, or has no such part.
    """
    try:
        with table.open(encoding='utf-8', newline='') as file:
            rows = list(csv.DictReader(file))
        photos = frozenset(row['photo'] for row in rows if row['split'] == part)
        parts = sorted({row['split'] for row in rows})
    except OSError as error:
        raise DataError(f'{table}: this split cannot be read ({error.strerror})') from None
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise DataError(
            f'{table}: expected a CSV with the columns photo and split, as python -m '
            'training.split writes it'
        ) from None
    if not photos:
        raise DataError(f'{table}: no photo is in part {part!r}; it has: {", ".join(parts)}')
    return photos


def photos_of(folder: Path, wanted: Collection[str] | None, report: Report) -> list[Photo]:
    """Return the scenes below a folder, i.e. photos whose faces have boxes.

    Args:
        folder: See training.sources.find_photos.
        wanted: Names of photos, relative to the folder or its parent; None for all.
        report: Filled in with the files that cannot be used.

    Raises:
        DataError: There are none.
    """
    scenes = [photo for photo in find_photos([folder], report) if photo.faces]
    if not scenes:
        raise DataError(
            f'{folder}: no labelled photo in this folder; expected annotations/*.xml and images of '
            'the same names'
        )
    chosen = [
        photo
        for photo in scenes
        if wanted is None or photo.name in wanted or named(photo.name, folder) in wanted
    ]
    if not chosen:
        raise DataError(
            f'{folder}: none of its pictures is in this part of the split, which names them '
            f'relative to the folder above, e.g. {named(scenes[0].name, folder)}'
        )
    return chosen


def crops_of(
    folder: Path,
    wanted: Collection[str] | None,
    detector: FaceDetector,
    tight: Collection[str],
    report: Report,
) -> list[Sample]:
    """Return the faces in pictures of one face each.

    Args:
        folder: See training.sources.load_samples.
        wanted: Names of photos, relative to the folder or its parent; None for all.
        detector: Finds the face in a picture.
        tight: See training.sources.load_samples.
        report: Filled in with what became of the files.

    Raises:
        DataError: There is no face with a mask, or none without.
    """
    if wanted is not None:
        prefix = named('', folder)
        wanted = {name.removeprefix(prefix) for name in wanted}
    return load_samples([folder], detector, tight, report, wanted=wanted)


def named(name: str, folder: Path) -> str:
    """Turn a name relative to a folder into one relative to the folder's parent."""
    return f'{os.path.basename(os.path.abspath(folder))}/{name}'
