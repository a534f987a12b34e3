# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads data folders and finds the faces, with the same detector and crops as in serving.

A data folder may hold, at any depth, folders of pictures named after a class, scenes with Pascal
VOC annotations, and CSV tables; see training/README.md.
"""

from __future__ import annotations

import argparse
import math
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from tqdm import tqdm

from mask_proximity.core.classification.crops import crop_face
from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, Box, Image
from training.annotations import (
    CLASSES,
    SPLITS,
    UNCLEAR_CLASS,
    DataError,
    LabelledFace,
    is_table,
    label_of,
    match,
    read_annotation,
    read_table,
)
from training.pictures import SUFFIXES, PictureError, load_picture

BORDERS = (0.5, 0.25, 0.0)
"""Borders tried around a picture of one face, as fractions of its longer side.

Without a border, the SSD puts the box of a face that fills the picture into the lower right
quarter; with a wide one, it misses the small faces of half-body photos.
"""

MIN_SCORE = 0.5
"""Lowest score of the face in a picture of one face."""

INPUT_SIZE = 300
"""Input size of the detector for such pictures, in pixels; the SSD was trained for 300."""

MIN_BOX = 16.0
"""Faces whose box is narrower or lower than this, in pixels, are left out."""

MAX_SIDE = 1600
"""Larger pictures of one face are scaled down to this side, in pixels, before detection: with a
border, a camera's full resolution would take gigabytes."""

CONTEXT = 0.8
"""Margin kept around a face, as a fraction of its box: more than crops and augmentation need."""

MAX_FACE_WIDTH = 320.0
"""Wider faces are scaled down to this width in pixels, which is twice the input of the net."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled face for training.

    Attributes:
        name: Photo and number of the face in it, e.g. 'scenes/images/12.jpg#3'.
        photo: Path of the photo relative to the data folder.
        source: Part of the path before split and class, e.g. 'crops/abcom'.
        split: 'train', 'val' or 'test' if a folder or table says so, else ''.
        label: Index into LABELS.
        picture: The face and its surroundings, height x width x 3, uint8, BGR.
        box: Box of the face in pixels of `picture`.
        bits: 6 x 64 bits: perceptual hashes of the photo, the mirrored photo, the face and the
            mirrored face; gradient hashes of the photo and the mirrored photo.
    """

    name: str
    photo: str
    source: str
    split: str
    label: int
    picture: Image
    box: Box
    bits: npt.NDArray[np.bool_]


MAX_REPORTED = 5
"""Files of a kind that are named on the screen; the report names all."""


@dataclass
class Report:
    """What became of the files: counts, and the names of the files that could not be used."""

    used: Counter[str] = field(default_factory=Counter)
    no_face_found_box_of_the_annotation_taken: Counter[str] = field(default_factory=Counter)
    no_face_found_whole_picture_taken: Counter[str] = field(default_factory=Counter)
    no_face_found_skipped: Counter[str] = field(default_factory=Counter)
    too_small_skipped: Counter[str] = field(default_factory=Counter)
    near_duplicates_left_out_of_training: Counter[str] = field(default_factory=Counter)
    boxes_left_out: Counter[str] = field(default_factory=Counter)
    converted: Counter[str] = field(default_factory=Counter)
    files_skipped: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)

    def skip(self, name: str, reason: str, sentence: str) -> None:
        """Record a file that cannot be used.

        Args:
            name: Name of the file.
            reason: Category to count by.
            sentence: Message for the screen, which names the file.
        """
        self.files_skipped[reason] += 1
        self.unreadable.append(f'{name}: {reason}')
        if self.files_skipped[reason] <= MAX_REPORTED:
            tqdm.write(f'{sentence}; skipped')

    def as_dict(self) -> dict[str, object]:
        """Return the report as plain JSON."""
        return {
            key: dict(sorted(value.items())) if isinstance(value, Counter) else sorted(value)
            for key, value in vars(self).items()
        }

    def summary(self) -> list[str]:
        """Return a line for each kind of conversion or omission."""
        return [
            f'{count:6d}  {key.replace("_", " ")}: {what}'
            for key, value in vars(self).items()
            if isinstance(value, Counter) and key != 'used'
            for what, count in sorted(value.items())
        ]


def find_face(picture: Image, detector: FaceDetector) -> Box | None:
    """Find the face with the highest score in a picture that it may fill.

    Args:
        picture: height x width x 3, uint8, BGR.
        detector: Detector used in serving.

    Returns:
        The box in pixels of the picture, clamped to it, or None.
    """
    scale = MAX_SIDE / max(picture.shape[:2])
    if scale < 1.0:
        size = [max(1, round(length * scale)) for length in picture.shape[1::-1]]
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        box = find_face(small, detector)
        if box is None:
            return None
        x, y = picture.shape[1] / size[0], picture.shape[0] / size[1]
        return Box(box.x1 * x, box.y1 * y, box.x2 * x, box.y2 * y)
    height, width = picture.shape[:2]
    for border in BORDERS:
        side = max(height, width)
        # A square, so that the detector's square input does not squeeze the face.
        full = side + 2 * int(border * side) if border else 0
        left, top = max(0, full - width) // 2, max(0, full - height) // 2
        right, bottom = max(0, full - width) - left, max(0, full - height) - top
        framed = cv2.copyMakeBorder(
            picture, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(127, 127, 127)
        )
        framed_height, framed_width = framed.shape[:2]
        for detection in detector.detect(np.asarray(framed, np.uint8), MIN_SCORE, INPUT_SIZE):
            found = detection.box
            # Boxes that touch the edge are wrong, see BORDERS.
            inside = (
                found.x1 > 0
                and found.y1 > 0
                and found.x2 < framed_width
                and found.y2 < framed_height
            )
            box = Box(found.x1 - left, found.y1 - top, found.x2 - left, found.y2 - top).clamped(
                width, height
            )
            if inside and box.width >= MIN_BOX and box.height >= MIN_BOX:
                return box
    return None


def add_data_arguments(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the options that `load_samples` needs: --data, --tight and --shield."""
    parser.add_argument(
        '--data',
        type=Path,
        nargs='+',
        required=True,
        metavar='DIR',
        help='folders of pictures, Pascal VOC scenes or CSV tables, see training/README.md',
    )
    parser.add_argument(
        '--tight',
        nargs='*',
        default=['abcom'],
        metavar='SOURCE',
        help='sources of tight face crops: a picture is used whole if the detector finds no face; '
        'in other sources it is skipped',
    )
    parser.add_argument(
        '--shield',
        choices=LABELS,
        help=f'label of the class {UNCLEAR_CLASS!r}; without it, such pictures are left out',
    )


def load_samples(
    data: Sequence[Path],
    detector: FaceDetector,
    tight: Collection[str],
    report: Report,
    unclear_label: str | None = None,
    wanted: Collection[str] | None = None,
) -> list[Sample]:
    """Read all pictures below the data folders and find their faces.

    A file that cannot be used is named, counted and skipped.

    Args:
        data: See find_photos.
        detector: Detector used in serving.
        tight: Last parts of sources whose pictures are tight face crops. Such a picture is used
            whole if the detector finds no face; in other sources it is skipped.
        report: Filled in with what became of the files.
        unclear_label: Label of UNCLEAR_CLASS; None leaves such pictures out.
        wanted: Names of photos; None for all.

    Raises:
        DataError: A folder does not exist, a table cannot be used, or there is no face with a mask
            or none without.
    """
    photos = [
        photo
        for photo in find_photos(data, report, unclear_label)
        if wanted is None or photo.name in wanted
    ]
    samples: list[Sample] = []
    labelled: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        if photo.faces:
            labelled[photo.source].append(photo)
    single = [photo for photo in photos if not photo.faces]
    for photo in tqdm(single, 'pictures of a face', unit='picture', mininterval=2):
        samples += _samples_of_single_face(photo, detector, tight, report)
    for source, photos in labelled.items():
        samples += _samples_of_scenes(source, photos, detector, report)
    for label in ('mask', 'no_mask'):
        if not any(LABELS[sample.label] == label for sample in samples):
            names = ' or '.join(repr(name) for name, kind in CLASSES.items() if kind == label)
            raise DataError(
                f'{", ".join(map(str, data))}: no usable picture of the class {label}; expected '
                f'folders of pictures named {names}, or Pascal VOC annotations or a CSV table with '
                'such labels'
            )
    return samples


def find_photos(
    data: Sequence[Path], report: Report, unclear_label: str | None = None
) -> list[Photo]:
    """Find the labelled pictures below data folders, without reading them.

    A table takes precedence over an annotation, and an annotation over the name of a folder.

    Args:
        data: Folders or CSV tables.
        report: Filled in with the files that cannot be used.
        unclear_label: Label of UNCLEAR_CLASS; None leaves such pictures out.

    Raises:
        DataError: A folder does not exist, or a table cannot be used.
    """
    for path in data:
        if not path.is_dir() and not path.is_file():
            raise DataError(f'{path}: there is no such folder or CSV table; see --data')
    # Resolves '..' but not links.
    paths = [Path(os.path.abspath(path)) for path in data]
    folders = [path if path.is_dir() else path.parent for path in paths]
    # Names are relative to the common parent of all folders, so that no two photos share one.
    base = Path(os.path.commonpath(folders)) if len(set(folders)) > 1 else folders[0]
    found = _PhotoCollector(base, report, unclear_label)
    for path in paths:
        found.add(path)
    return found.photos


@dataclass(frozen=True, slots=True)
class Photo:
    """A labelled picture file.

    Attributes:
        path: Path of the file.
        name: Name in a split: the path relative to the data.
        source: See Sample.
        split: See Sample.
        label: Index into LABELS, for a picture of one face.
        faces: Labelled faces of a scene; empty for a picture of one face.
    """

    path: Path
    name: str
    source: str
    split: str
    label: int
    faces: tuple[LabelledFace, ...] = ()


class _PhotoCollector:
    """Collects the labelled pictures below data folders, each once."""

    def __init__(self, base: Path, report: Report, unclear_label: str | None) -> None:
        self.photos: list[Photo] = []
        self._base, self._report, self._unclear_label = base, report, unclear_label
        self._seen: set[Path] = set()

    def add(self, data: Path) -> None:
        """Add the pictures below a folder, or in a table."""
        if data.is_file():
            self._add_table(data)
            return
        files = sorted(_files(data))
        for path in files:
            if path.suffix.lower() == '.csv':
                if is_table(path):
                    self._add_table(path)
                else:
                    self._skip(path, 'CSV without columns path and label')
        for path in files:
            if path.suffix.lower() == '.xml':
                self._add_annotation(path)
        for path in files:
            if path.suffix.lower() not in ('.csv', '.xml'):
                self._add_file(path, data)

    def _add_table(self, path: Path) -> None:
        for picture, row in sorted(read_table(path, self._unclear_label).items()):
            if not Path(os.path.normpath(picture)).is_relative_to(self._base):
                raise DataError(
                    f'{path}: {picture} lies outside of the data; expected paths relative to the '
                    'table, to pictures beside or below it'
                )
            source, split = self._source(path.parent)
            self._take(picture, source, row.split or split, row.label, tuple(row.faces))

    def _add_annotation(self, path: Path) -> None:
        folder = path.parent
        parent = folder.parent if folder.name.lower() == 'annotations' else folder
        picture = _picture_of(path)
        if picture is None:
            self._skip(path, 'annotation without picture')
            return
        try:
            annotation = read_annotation(path, self._unclear_label)
        except DataError as error:
            self._seen.add(_real(picture))
            self._report.skip(self._name(path), 'annotation not readable', str(error))
            return
        self._report.boxes_left_out.update(annotation.left_out)
        if not annotation.faces:
            if not annotation.left_out:
                self._skip(path, 'annotation without objects')
            self._seen.add(_real(picture))
            return
        source, split = self._source(parent)
        faces = tuple(annotation.faces)
        self._take(picture, source, split, faces[0].label, faces)

    def _add_file(self, path: Path, data: Path) -> None:
        if _real(path) in self._seen:
            return
        folders = path.relative_to(data).parts[:-1]
        for depth in range(len(folders), 0, -1):
            label = label_of(folders[depth - 1], self._unclear_label)
            if label is not None:
                source, split = self._source(data.joinpath(*folders[: depth - 1]))
                self._take(path, source, split, label)
                return
            if label_of(folders[depth - 1], LABELS[0]) is not None:
                self._skip(path, f'class {UNCLEAR_CLASS} left out')
                return
        if path.suffix.lower() in SUFFIXES:
            self._skip(path, 'picture without annotation or class')

    def _take(
        self, path: Path, source: str, split: str, label: int, faces: tuple[LabelledFace, ...] = ()
    ) -> None:
        if _real(path) in self._seen:
            return
        self._seen.add(_real(path))
        name = self._name(path)
        try:
            name.encode()
        except UnicodeEncodeError:
            # Reports and splits are UTF-8.
            self._skip(path, 'name not in UTF-8')
            return
        self.photos.append(Photo(path, name, source, split, label, faces))

    def _source(self, folder: Path) -> tuple[str, str]:
        """Return the source and the split of a folder."""
        parts = folder.relative_to(self._base).parts
        split = SPLITS.get(parts[-1].lower(), '') if parts else ''
        return '/'.join(parts[:-1] if split else parts) or self._base.name, split

    def _name(self, path: Path) -> str:
        return Path(os.path.normpath(path)).relative_to(self._base).as_posix()

    def _skip(self, path: Path, reason: str) -> None:
        name = self._name(path).encode(errors='backslashreplace').decode()
        self._report.skip(name, reason, f'{name}: {reason}')


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder except hidden ones; follows links, visits each folder once."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = sorted(name for name in folders if not name.startswith('.'))
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(place, name) for name in names if not name.startswith('.'))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _picture_of(annotation: Path) -> Path | None:
    """Return the picture of a Pascal VOC file: of the same name, beside it or in images/."""
    folder = annotation.parent
    for place in (folder, *(folder.parent / name for name in ('images', 'Images', 'JPEGImages'))):
        for suffix in sorted(SUFFIXES):
            for path in (
                place / f'{annotation.stem}{suffix}',
                place / f'{annotation.stem}{suffix.upper()}',
            ):
                if path.is_file():
                    return path
    return None


def read_photo(photo: Photo, report: Report) -> Image | None:
    """Read a photo: height x width x 3, uint8, BGR; None and an entry in the report on failure."""
    try:
        picture = load_picture(photo.path)
    except PictureError as error:
        report.skip(photo.name, error.reason, str(error))
        return None
    report.converted.update(picture.conversions)
    return picture.pixels


def _samples_of_single_face(
    photo: Photo, detector: FaceDetector, tight: Collection[str], report: Report
) -> Iterator[Sample]:
    picture = read_photo(photo, report)
    if picture is None:
        return
    if min(picture.shape[:2]) < MIN_BOX:
        report.too_small_skipped[photo.source] += 1
        report.skip(photo.name, 'too small', f'{photo.name}: narrower than {MIN_BOX:.0f} pixels')
        return
    box = find_face(picture, detector)
    if box is None:
        if photo.source.rpartition('/')[2] not in tight:
            report.no_face_found_skipped[photo.source] += 1
            report.skip(
                photo.name,
                'no face found',
                f'{photo.name}: no face is found in it (if it is a crop of a face, name its source '
                'by --tight)',
            )
            return
        report.no_face_found_whole_picture_taken[photo.source] += 1
        box = Box(0.0, 0.0, float(picture.shape[1]), float(picture.shape[0]))
    yield cut_sample(
        name=f'{photo.name}#0',
        photo=photo.name,
        source=photo.source,
        split=photo.split,
        label=photo.label,
        picture=picture,
        box=box,
        bits=photo_hashes(picture),
    )


def _samples_of_scenes(
    source: str, photos: Sequence[Photo], detector: FaceDetector, report: Report
) -> Iterator[Sample]:
    found: list[tuple[Photo, list[tuple[LabelledFace, Box | None]]]] = []
    for photo in tqdm(photos, f'faces of {source}', unit='scene', mininterval=2):
        picture = read_photo(photo, report)
        if picture is None:
            continue
        height, width = picture.shape[:2]
        faces = []
        for face in photo.faces:
            inside = face.box.clamped(width, height)
            if inside.width <= 0 or inside.height <= 0:
                report.boxes_left_out['box outside of the picture'] += 1
            else:
                faces.append(LabelledFace(face.label, inside))
        boxes = {
            id(face): detection.box.clamped(width, height)
            for detection, face in match(
                detector.detect(picture, DetectorSettings().face_confidence), faces
            )
        }
        found.append((photo, [(face, boxes.get(id(face))) for face in faces]))
    offset = _median_box_offset([pair for _, pairs in found for pair in pairs])
    for photo, pairs in found:
        # Read again: all pictures together do not fit into memory.
        picture = load_picture(photo.path).pixels
        height, width = picture.shape[:2]
        bits = photo_hashes(picture)
        for number, (face, box) in enumerate(pairs):
            if box is None:
                box = _shifted(face.box, offset).clamped(width, height)
                report.no_face_found_box_of_the_annotation_taken[source] += 1
            if box.width < MIN_BOX or box.height < MIN_BOX:
                report.too_small_skipped[source] += 1
                continue
            yield cut_sample(
                name=f'{photo.name}#{number}',
                photo=photo.name,
                source=source,
                split=photo.split,
                label=face.label,
                picture=picture,
                box=box,
                bits=bits,
            )


def _median_box_offset(
    pairs: Iterable[tuple[LabelledFace, Box | None]],
) -> npt.NDArray[np.float64]:
    """Return the median offset of detected from labelled corners, as fractions of the box."""
    offsets = [
        (
            (box.x1 - face.box.x1) / face.box.width,
            (box.y1 - face.box.y1) / face.box.height,
            (box.x2 - face.box.x2) / face.box.width,
            (box.y2 - face.box.y2) / face.box.height,
        )
        for face, box in pairs
        if box is not None
    ]
    return np.median(offsets, axis=0) if offsets else np.zeros(4)


def _shifted(box: Box, offset: npt.NDArray[np.float64]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in offset)
    return Box(
        box.x1 + x1 * box.width,
        box.y1 + y1 * box.height,
        box.x2 + x2 * box.width,
        box.y2 + y2 * box.height,
    )


def _hashes(picture: Image, hashed: Callable[[PilImage.Image], Any]) -> npt.NDArray[np.bool_]:
    gray = PilImage.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    mirrored = gray.transpose(PilImage.Transpose.FLIP_LEFT_RIGHT)
    return np.stack([hashed(each).hash.ravel() for each in (gray, mirrored)])


def photo_hashes(picture: Image) -> npt.NDArray[np.bool_]:
    """Return 4 x 64 bits: perceptual hashes of a photo, also mirrored, then gradient hashes."""
    hashes = [_hashes(picture, hashed) for hashed in (imagehash.phash, imagehash.dhash)]
    return np.concatenate(hashes)


def cut_sample(
    name: str,
    photo: str,
    source: str,
    split: str,
    label: int,
    picture: Image,
    box: Box,
    bits: npt.NDArray[np.bool_],
) -> Sample:
    """Make a sample that holds only the part of the photo that crops and augmentation need.

    Args:
        name: See Sample.
        photo: See Sample.
        source: See Sample.
        split: See Sample.
        label: See Sample.
        picture: The whole photo, height x width x 3, uint8, BGR.
        box: Box of the face in pixels, inside the photo.
        bits: Hashes of the photo, see `photo_hashes`.
    """
    face = crop_face(picture, box, 0.0)
    assert face is not None  # The box lies in the photo and has at least MIN_BOX pixels.
    region = crop_face(picture, box, CONTEXT)
    assert region is not None
    grown = box.expanded(CONTEXT).clamped(picture.shape[1], picture.shape[0])
    left, top = math.floor(grown.x1), math.floor(grown.y1)
    scale = min(1.0, MAX_FACE_WIDTH / box.width)
    if scale < 1.0:
        size = [max(1, round(length * scale)) for length in region.shape[1::-1]]
        kept = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    else:
        kept = region.copy()  # A view would keep the whole photo in memory.
    inside = Box(
        (box.x1 - left) * scale,
        (box.y1 - top) * scale,
        (box.x2 - left) * scale,
        (box.y2 - top) * scale,
    )
    all_bits = np.concatenate([bits[:2], _hashes(face, imagehash.phash), bits[2:]])
    return Sample(name, photo, source, split, label, np.asarray(kept), inside, all_bits)
