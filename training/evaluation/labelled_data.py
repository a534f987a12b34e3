# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Labelled photos and crops of one part of a split, by the names that the split has for them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from mask_proximity.core.faces import FaceDetector
from mask_proximity.core.scene import Image
from training.pictures import read_picture
from training.sources import (
    DataError,
    LabelledFace,
    Report,
    Sample,
    load_samples,
    read_annotation,
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A scene: its picture and its annotation.

    Attributes:
        name: relative to the parent of the folder that was named.
        source: the folder that holds `images` and `annotations`, named alike.
        path: of the picture.
        annotation: of its Pascal VOC file.
    """

    name: str
    source: str
    path: Path
    annotation: Path

    def read(self) -> tuple[Image, tuple[LabelledFace, ...]]:
        """The picture (BGR, uint8) and its faces.

        Raises:
            PictureError: the picture cannot be read.
            DataError: the annotation is none.
        """
        return read_picture(self.path), tuple(read_annotation(self.annotation))


def part_of_split(table: Path, part: str) -> frozenset[str]:
    """The photos of a part of a split.

    Args:
        table: CSV with the columns photo and split, as `training.split` writes it.
        part: 'train', 'val' or 'test'.

    Raises:
        DataError: the file is no such table, or has no such part.
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


def photos_of(folder: Path, wanted: Collection[str] | None) -> list[Photo]:
    """The scenes below a folder.

    Args:
        folder: holds `annotations/*.xml` and `images`, at any depth.
        wanted: names of photos; None = all.

    Raises:
        DataError: there are none.
    """
    root = folder.resolve()
    photos = []
    for holder in sorted(path.parent for path in root.glob('**/annotations')):
        pictures = {path.stem: path for path in sorted((holder / 'images').glob('*.*'))}
        source = _name(holder, root)
        for annotation in sorted(holder.glob('annotations/*.xml')):
            path = pictures.get(annotation.stem)
            if path is None:
                raise DataError(f'{annotation}: no picture of this name in {holder}/images')
            photos.append(Photo(_name(path, root), source, path, annotation))
    if not photos:
        raise DataError(f'{folder}: expected annotations/*.xml, and images of the same names')
    return _chosen(photos, lambda photo: photo.name, wanted, folder)


def crops_of(
    folder: Path,
    wanted: Collection[str] | None,
    detector: FaceDetector,
    tight: Collection[str],
    report: Report,
) -> list[Sample]:
    """The faces of pictures of one face each; the names are relative to the folder's parent.

    Args:
        folder: see training.sources.load_samples.
        wanted: names of photos; None = all.
        detector: finds the face.
        tight: see training.sources.load_samples.
        report: is filled in.

    Raises:
        DataError: there are none.
    """
    samples = load_samples([folder], detector, tight, report)
    prefix = folder.resolve().name
    return _chosen(samples, lambda sample: f'{prefix}/{sample.photo}', wanted, folder)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root.parent).as_posix()


def _chosen(
    entries: list, name: Callable[..., str], wanted: Collection[str] | None, folder: Path
) -> list:
    chosen = [each for each in entries if wanted is None or name(each) in wanted]
    if not chosen:
        raise DataError(
            f'{folder}: none of its {len(entries)} pictures is in this part of the split, which '
            f'names them relative to the folder above, e.g. {name(entries[0])}'
        )
    return chosen
