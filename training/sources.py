# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Data folders in, faces out: cut by the project's own detector, so what is trained is served.

Two forms are known, anywhere below a data folder: folders of pictures named after a class, and
scenes with Pascal VOC annotations (`annotations/*.xml` beside `images/`).
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from tqdm import tqdm

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.faces import FaceDetector
from mask_proximity.core.masks import LABELS, crop_face
from mask_proximity.core.scene import Box, FaceDetection, Image

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
"""The class of each folder and of each annotated object."""

SPLITS = {'train': 'train', 'val': 'val', 'validate': 'val', 'validation': 'val', 'test': 'test'}
"""The split of each folder."""

BORDERS = (0.5, 0.25, 0.0)
"""Borders tried around a picture of one face, as parts of its longer side.

Without a border the SSD puts the box of a picture-filling face into its lower right quarter; with a
wide one it misses the small faces of half-body photos.
"""

MIN_SCORE = 0.5
"""As in serving by default."""

MIN_BOX = 16.0
"""Narrower or flatter boxes are no faces to learn from: pixels."""

MIN_IOU = 0.5
"""A detection and an annotated face are the same from this intersection over union on."""

CONTEXT = 0.8
"""So much around a face is kept, in parts of its box: more than any crop or augmentation needs."""

MAX_KEPT = 320.0
"""Wider faces are kept at this width, pixels: still twice what the net sees."""


class DataError(MaskProximityError):
    """The pictures for training are missing or cannot be used."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A face to learn from.

    Attributes:
        name: the photo, and the number of the face in it: 'scenes/images/12.jpg#3'.
        photo: path of its file relative to the data folder.
        source: the part of the path before split and class, e.g. 'crops/abcom'.
        split: 'train', 'val', 'test' as the folders say, or ''.
        label: index into LABELS.
        picture: the face and its surroundings, height x width x 3, uint8, BGR.
        box: of the face, pixels of `picture`.
        bits: 4 x 64 bits: perceptual hashes of the photo, of it mirrored, of the face, of it
            mirrored.
    """

    name: str
    photo: str
    source: str
    split: str
    label: int
    picture: Image
    box: Box
    bits: npt.NDArray[np.bool_]


@dataclass
class Report:
    """What became of the files: counts by source, and the names of those that could not be read."""

    used: Counter[str] = field(default_factory=Counter)
    no_face_found_box_of_the_annotation_taken: Counter[str] = field(default_factory=Counter)
    no_face_found_whole_picture_taken: Counter[str] = field(default_factory=Counter)
    no_face_found_skipped: Counter[str] = field(default_factory=Counter)
    too_small_skipped: Counter[str] = field(default_factory=Counter)
    near_duplicates_left_out_of_training: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """The report for a JSON file."""
        return {
            key: dict(sorted(value.items())) if isinstance(value, Counter) else sorted(value)
            for key, value in vars(self).items()
        }


def find_face(picture: Image, detector: FaceDetector) -> Box | None:
    """The surest face of a picture that may be filled by it.

    Args:
        picture: height x width x 3, uint8, BGR.
        detector: the one that serves.

    Returns:
        The box in pixels of the picture, clamped to it, or None.
    """
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
        for detection in detector.detect(framed, MIN_SCORE):
            found = detection.box
            # Boxes at the border are those that the detector gets wrong, see BORDERS.
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


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """A face that somebody labelled: index into LABELS, and where."""

    label: int
    box: Box


def read_annotation(path: Path) -> list[LabelledFace]:
    """The labelled faces of a Pascal VOC file.

    Raises:
        DataError: the file is no such annotation, or has an object of an unknown class.
    """
    faces = []
    try:
        for item in ElementTree.parse(path).iter('object'):
            kind = item.findtext('name', '')
            if kind not in CLASSES:
                raise DataError(
                    f'{path}: object {kind!r} is unknown; expected one of {", ".join(CLASSES)}'
                )
            corners = [float(item.findtext(f'bndbox/{key}', '')) for key in CORNERS]
            if not all(map(math.isfinite, corners)):
                raise ValueError('a corner is no number')
            faces.append(LabelledFace(LABELS.index(CLASSES[kind]), Box(*corners)))
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(f'{path}: expected a Pascal VOC annotation ({error})') from None
    return faces


CORNERS = ('xmin', 'ymin', 'xmax', 'ymax')


def match(
    detections: Sequence[FaceDetection], faces: Sequence[LabelledFace]
) -> list[tuple[FaceDetection, LabelledFace]]:
    """Pair detections, surest first, with the labelled face that each overlaps most."""
    pairs = []
    free = list(faces)
    for detection in sorted(detections, key=lambda each: -each.score):
        best = max(free, key=lambda face: face.box.iou(detection.box), default=None)
        if best is not None and best.box.iou(detection.box) >= MIN_IOU:
            free.remove(best)
            pairs.append((detection, best))
    return pairs


def load_samples(
    data: Iterable[Path], detector: FaceDetector, tight: Collection[str], report: Report
) -> list[Sample]:
    """Read every picture below the data folders and find its faces.

    Args:
        data: the folders.
        detector: the one that serves.
        tight: last parts of sources whose pictures are face crops already: where the detector
            finds no face in one of these, the whole picture is taken; in others it is skipped.
        report: is filled in.

    Raises:
        DataError: there are no pictures with a mask, or none without.
    """
    samples: list[Sample] = []
    for root in data:
        samples += _class_folders(root, detector, tight, report)
        for folder in sorted(path.parent for path in root.glob('**/annotations')):
            samples += _scenes(root, folder, detector, report)
    for label in ('mask', 'no_mask'):
        if not any(LABELS[sample.label] == label for sample in samples):
            folders = ' or '.join(repr(name) for name, kind in CLASSES.items() if kind == label)
            raise DataError(
                f'{", ".join(map(str, data))}: no usable picture of the class {label}; expected '
                f'folders of pictures named {folders}, or Pascal VOC annotations of such objects'
            )
    return samples


def _class_folders(
    root: Path, detector: FaceDetector, tight: Collection[str], report: Report
) -> Iterator[Sample]:
    paths = sorted(
        path
        for folder in CLASSES
        for path in root.glob(f'**/{folder}/*')
        if path.is_file() and not path.name.startswith('.')
    )
    for path in tqdm(paths, f'faces of {root.name}', unit='picture', mininterval=2):
        photo = path.relative_to(root).as_posix()
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            tqdm.write(f'{photo}: not a picture that OpenCV can read; skipped')
            report.unreadable.append(photo)
            continue
        parents = path.relative_to(root).parts[:-2]
        split = SPLITS.get(parents[-1], '') if parents else ''
        source = '/'.join(parents[:-1] if split else parents) or root.name
        box = find_face(picture, detector)
        if box is None:
            if source.rpartition('/')[2] not in tight or min(picture.shape[:2]) < MIN_BOX:
                report.no_face_found_skipped[source] += 1
                continue
            report.no_face_found_whole_picture_taken[source] += 1
            box = Box(0.0, 0.0, float(picture.shape[1]), float(picture.shape[0]))
        label = LABELS.index(CLASSES[path.parent.name])
        bits = _hashes(picture)
        yield cut_sample(f'{photo}#0', photo, source, split, label, picture, box, bits)


def _scenes(root: Path, folder: Path, detector: FaceDetector, report: Report) -> list[Sample]:
    source = folder.relative_to(root).as_posix() if folder != root else root.name
    pictures = {path.stem: path for path in sorted((folder / 'images').glob('*.*'))}
    found: list[
        tuple[str, Image, npt.NDArray[np.bool_], list[tuple[LabelledFace, Box | None]]]
    ] = []
    annotations = sorted(folder.glob('annotations/*.xml'))
    for annotation in tqdm(annotations, f'faces of {source}', unit='scene', mininterval=2):
        path = pictures.get(annotation.stem)
        picture = None if path is None else cv2.imread(str(path), cv2.IMREAD_COLOR)
        if path is None or picture is None:
            report.unreadable.append(annotation.relative_to(root).as_posix())
            continue
        faces = read_annotation(annotation)
        boxes = {
            id(face): detection.box
            for detection, face in match(detector.detect(picture, MIN_SCORE), faces)
        }
        pairs = [(face, boxes.get(id(face))) for face in faces]
        found.append((path.relative_to(root).as_posix(), picture, _hashes(picture), pairs))
    offset = _detectors_offset([pair for *_, pairs in found for pair in pairs])
    samples = []
    for photo, picture, bits, pairs in found:
        height, width = picture.shape[:2]
        for number, (face, box) in enumerate(pairs):
            if box is None:
                box = _moved(face.box, offset).clamped(width, height)
                report.no_face_found_box_of_the_annotation_taken[source] += 1
            if box.width < MIN_BOX or box.height < MIN_BOX:
                report.too_small_skipped[source] += 1
                continue
            name = f'{photo}#{number}'
            samples.append(cut_sample(name, photo, source, '', face.label, picture, box, bits))
    return samples


def _detectors_offset(
    pairs: Iterable[tuple[LabelledFace, Box | None]],
) -> npt.NDArray[np.float64]:
    """How the detector draws a box, against people: medians, in parts of the labelled box."""
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


def _moved(box: Box, offset: npt.NDArray[np.float64]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in offset)
    return Box(
        box.x1 + x1 * box.width,
        box.y1 + y1 * box.height,
        box.x2 + x2 * box.width,
        box.y2 + y2 * box.height,
    )


def _hashes(picture: Image) -> npt.NDArray[np.bool_]:
    gray = PilImage.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    mirrored = gray.transpose(PilImage.Transpose.FLIP_LEFT_RIGHT)
    return np.stack([imagehash.phash(each).hash.ravel() for each in (gray, mirrored)])


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
    """A sample with no more of the photo than a face's augmentation and crop need.

    Args:
        name: see Sample, as are photo, source, split and label.
        photo: see name.
        source: see name.
        split: see name.
        label: see name.
        picture: the whole photo, height x width x 3, uint8, BGR.
        box: of the face, pixels of the photo, inside it.
        bits: 2 x 64: perceptual hashes of the photo and of it mirrored.
    """
    face = crop_face(picture, box, 0.0)
    assert face is not None  # the box was clamped and is no smaller than MIN_BOX
    region = crop_face(picture, box, CONTEXT)
    assert region is not None
    grown = box.expanded(CONTEXT).clamped(picture.shape[1], picture.shape[0])
    left, top = math.floor(grown.x1), math.floor(grown.y1)
    scale = min(1.0, MAX_KEPT / box.width)
    if scale < 1.0:
        size = [max(1, round(length * scale)) for length in region.shape[1::-1]]
        kept = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    else:
        kept = region.copy()  # a view would keep the whole photo in memory
    inside = Box(
        (box.x1 - left) * scale,
        (box.y1 - top) * scale,
        (box.x2 - left) * scale,
        (box.y2 - top) * scale,
    )
    all_bits = np.concatenate([bits, _hashes(face)])
    return Sample(name, photo, source, split, label, np.asarray(kept), inside, all_bits)
