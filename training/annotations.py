# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Labels and boxes of the faces in pictures: class names, Pascal VOC files and CSV tables."""

from __future__ import annotations

import csv
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mask_proximity.core.errors import MaskProximityError, first_line
from mask_proximity.core.types import LABELS, Box, FaceDetection

CLASSES = {
    'mask': 'mask',
    'with_mask': 'mask',
    'incorrect': 'incorrect',
    'with_incorrect_mask': 'incorrect',
    'mask_weared_incorrect': 'incorrect',
    'face': 'no_mask',
    'no_mask': 'no_mask',
    'without_mask': 'no_mask',
}
"""Label by the name of a folder or annotated object; case, spaces and _ make no difference."""

UNCLEAR_CLASS = 'shield'
"""A class of the tutorial's data without a clear meaning; `--shield` says which label it gets."""

SPLITS = {
    'train': 'train',
    'val': 'val',
    'valid': 'val',
    'validate': 'val',
    'validation': 'val',
    'test': 'test',
}
"""Split by the name of a folder, or the word in a table."""

CORNERS = ('xmin', 'ymin', 'xmax', 'ymax')
TABLE_CORNERS = ('x1', 'y1', 'x2', 'y2')

MIN_IOU = 0.5
"""A detection matches an annotated face if their intersection over union is at least this."""


class DataError(MaskProximityError):
    """The training data is missing or cannot be used."""


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """A labelled face: index into LABELS, and box in pixels."""

    label: int
    box: Box


@dataclass(slots=True)
class Annotation:
    """Content of a Pascal VOC file: its faces, and why other objects were left out."""

    faces: list[LabelledFace] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """A picture in a table, with its faces; without boxes, it is a picture of one face."""

    label: int
    split: str
    faces: list[LabelledFace] = field(default_factory=list)


def _plain(name: str) -> str:
    return re.sub('[^a-z]', '', name.lower())


_LABELS = {_plain(name): LABELS.index(label) for name, label in CLASSES.items()}


def label_of(name: str, unclear_label: str | None = None) -> int | None:
    """Return the index into LABELS for a folder or object, or None if its name is no class.

    Args:
        name: Name of the folder or object.
        unclear_label: Label of UNCLEAR_CLASS; None if it has none.
    """
    if _plain(name) == UNCLEAR_CLASS:
        return None if unclear_label is None else LABELS.index(unclear_label)
    return _LABELS.get(_plain(name))


def read_annotation(path: Path, unclear_label: str | None = None) -> Annotation:
    """Read the labelled faces of a Pascal VOC file.

    Args:
        path: Path of the file.
        unclear_label: See `label_of`.

    Raises:
        DataError: The file is no such annotation.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, OSError, ValueError, LookupError) as error:
        raise DataError(
            f'{path}: this is no XML that can be read ({first_line(error)}); expected a Pascal VOC '
            'annotation'
        ) from None
    if root.tag != 'annotation':
        raise DataError(f'{path}: expected a Pascal VOC annotation, and not <{root.tag}>')
    result = Annotation()
    for item in root.iter('object'):
        name = item.findtext('name', '').strip()
        label = label_of(name, unclear_label)
        if label is None:
            result.left_out.append(f'object {name!r}')
        elif item.findtext('difficult', '0').strip() == '1':
            result.left_out.append('difficult')
        elif (box := _box([item.findtext(f'bndbox/{key}', '') for key in CORNERS])) is None:
            result.left_out.append('box empty or no numbers')
        else:
            result.faces.append(LabelledFace(label, box))
    return result


def _box(corners: Sequence[str]) -> Box | None:
    """Parse the corners of a box; None if they are no numbers or the box is empty."""
    try:
        numbers = [float(corner) for corner in corners]
    except ValueError:
        return None
    box = Box(*numbers)
    return box if all(map(math.isfinite, numbers)) and box.width > 0 < box.height else None


def is_table(path: Path) -> bool:
    """Return whether a CSV file has the columns of `read_table`."""
    try:
        with path.open(encoding='utf-8-sig', newline='') as file:
            return {'path', 'label'} <= set(next(csv.reader(file), ()))
    except (OSError, UnicodeDecodeError, csv.Error):
        return False


def read_table(path: Path, unclear_label: str | None = None) -> dict[Path, Row]:
    """Read the pictures of a CSV table.

    Its columns are path and label; optional are x1, y1, x2, y2 (pixels) and split. Paths are
    relative to the file. A picture with several faces has several lines.

    Args:
        path: Path of the file.
        unclear_label: See `label_of`. If it is None, lines with UNCLEAR_CLASS are ignored.

    Raises:
        DataError: The file or one of its lines cannot be used; the message names the line.
    """
    result: dict[Path, Row] = {}
    try:
        with path.open(encoding='utf-8-sig', newline='') as file:
            rows = csv.DictReader(file, strict=True)
            columns = set(rows.fieldnames or ())
            boxes = columns & set(TABLE_CORNERS)
            if not {'path', 'label'} <= columns or len(boxes) not in (0, 4):
                raise DataError(
                    f'{path}, line 1: expected the names of the columns: path,label and, as you '
                    f'like, {",".join(TABLE_CORNERS)} and split'
                )
            for row in rows:
                try:
                    _add(row, path.parent, bool(boxes), unclear_label, result)
                except ValueError as error:
                    raise DataError(f'{path}, line {rows.line_num}: {error}') from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f'{path}: this table cannot be read ({first_line(error)}); expected CSV in UTF-8'
        ) from None
    return result


def _add(
    row: Mapping[str, str | None],
    folder: Path,
    with_boxes: bool,
    unclear_label: str | None,
    result: dict[Path, Row],
) -> None:
    """Add a line to the pictures.

    Raises:
        ValueError: The line cannot be used.
    """
    if None in row or None in row.values():
        raise ValueError(f'expected as many values as there are columns ({len(row)})')
    values = {key: (value or '').strip() for key, value in row.items()}
    name = values['label']
    label = label_of(name, unclear_label)
    if label is None and _plain(name) == UNCLEAR_CLASS:
        return
    if label is None:
        raise ValueError(f'the label {name!r} is unknown; expected one of {", ".join(CLASSES)}')
    if not values['path'] or '\0' in values['path']:
        raise ValueError('expected the path of a picture')
    split = values.get('split', '')
    if split and split not in SPLITS:
        raise ValueError(f'the split {split!r} is unknown; expected one of {", ".join(SPLITS)}')
    there = result.setdefault(folder / values['path'], Row(label, SPLITS.get(split, '')))
    if there.split != SPLITS.get(split, ''):
        raise ValueError(f'{values["path"]} is in another split than in a line above')
    corners = [values[key] for key in TABLE_CORNERS] if with_boxes else []
    if any(corners):
        box = _box(corners)
        if box is None:
            raise ValueError(
                f'the box {",".join(corners)} is empty or no numbers; expected x1 < x2 and y1 < y2 '
                'in pixels'
            )
        there.faces.append(LabelledFace(label, box))
    elif there.label != label:
        raise ValueError(f'{values["path"]} has another label than in a line above, and no box')


def match(
    detections: Sequence[FaceDetection], faces: Sequence[LabelledFace], min_iou: float = MIN_IOU
) -> list[tuple[FaceDetection, LabelledFace]]:
    """Pair detections, by falling score, with the unmatched labelled face of the highest IoU."""
    pairs = []
    free = list(faces)
    for detection in sorted(detections, key=lambda each: -each.score):
        best = max(free, key=lambda face: face.box.iou(detection.box), default=None)
        if best is not None and best.box.iou(detection.box) >= min_iou:
            free.remove(best)
            pairs.append((detection, best))
    return pairs
