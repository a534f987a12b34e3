# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Folders of pictures in, face boxes and leak-free splits out.

Below `DIR/crops`, every folder named `mask` or `face` holds pictures of that class. If it lies in
a folder `train`, `val` or `test`, that split is kept; otherwise the pictures are split here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import imagehash
import numpy as np
from PIL import Image as PilImage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.neighbors import NearestNeighbors
from tqdm import tqdm

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.faces import FaceDetector
from mask_proximity.core.masks import LABELS, crop_face
from mask_proximity.core.scene import Box, Image

FOLDERS = {'mask': LABELS.index('mask'), 'face': LABELS.index('no_mask')}
"""The class of each folder name."""

SPLITS = ('train', 'val', 'test')

BORDERS = (0.5, 0.25, 0.0)
"""Borders tried around a picture, as parts of its longer side.

Without a border the SSD puts the box of a picture-filling face into its lower right quarter; with a
wide one it misses the small faces of half-body photos.
"""

MIN_SCORE = 0.5
"""As in serving by default."""

MIN_BOX = 16.0
"""Narrower or flatter boxes are no faces: pixels."""

NEAR_DUPLICATE_BITS = 6
"""Two pictures are near-duplicates if their 64-bit perceptual hashes differ in fewer bits.

On the crops of this project, all pairs seen below this limit were the same photo or, rarely, the
same pose; from 8 bits on, most pairs show different people.
"""

FOLDS = 10
"""Pictures that come without a split go to test, val and train as 1 : 1 : FOLDS - 2."""


class DataError(MaskProximityError):
    """The pictures for training are missing or cannot be used."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A face in a picture.

    Attributes:
        name: of the file, relative to the folder `crops`.
        source: the part of the name before the split and the class, e.g. 'abcom'.
        split: 'train', 'val', 'test', or '' where the folders do not say.
        label: index into LABELS.
        picture: height x width x 3, uint8, BGR.
        box: of the face, pixels of the picture.
    """

    name: str
    source: str
    split: str
    label: int
    picture: Image
    box: Box


@dataclass
class Report:
    """What became of the files: counts by source, and the names of those that could not be read."""

    used: Counter[str] = field(default_factory=Counter)
    no_face_found_whole_picture_taken: Counter[str] = field(default_factory=Counter)
    no_face_found_skipped: Counter[str] = field(default_factory=Counter)
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


def load_samples(
    data: Path, detector: FaceDetector, tight: Iterable[str], report: Report
) -> list[Sample]:
    """Read every picture below `data/crops` and find its face.

    Args:
        data: the folder that holds `crops`.
        detector: the one that serves.
        tight: sources whose pictures are face crops already: where the detector finds no face in
            one of these, the whole picture is taken; in others the picture is skipped.
        report: is filled in.

    Raises:
        DataError: there are no pictures of one of the classes.
    """
    root, tight = data / 'crops', set(tight)
    paths = sorted(
        path
        for folder in FOLDERS
        for path in root.glob(f'**/{folder}/*')
        if path.is_file() and not path.name.startswith('.')
    )
    samples: list[Sample] = []
    for path in tqdm(paths, 'faces', unit='picture', mininterval=2):
        name = path.relative_to(root).as_posix()
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            tqdm.write(f'{name}: not a picture that OpenCV can read; skipped')
            report.unreadable.append(name)
            continue
        parents = path.relative_to(root).parts[:-2]
        split = parents[-1] if parents and parents[-1] in SPLITS else ''
        source = '/'.join(parents[:-1] if split else parents) or 'crops'
        box = find_face(picture, detector)
        if box is None:
            if source not in tight or min(picture.shape[:2]) < MIN_BOX:
                report.no_face_found_skipped[source] += 1
                continue
            report.no_face_found_whole_picture_taken[source] += 1
            box = Box(0.0, 0.0, float(picture.shape[1]), float(picture.shape[0]))
        label = FOLDERS[path.parent.name]
        samples.append(Sample(name, source, split, label, picture, box))
    for folder, label in FOLDERS.items():
        if not any(sample.label == label for sample in samples):
            raise DataError(
                f'{root}: no usable picture in any folder named {folder!r}; expected folders '
                "'mask' and 'face' with pictures, e.g. crops/mine/mask and crops/mine/face"
            )
    return samples


def near_duplicate_groups(samples: Sequence[Sample]) -> np.ndarray:
    """The number of each sample's group of near-duplicates, mirrored ones included.

    Pictures are compared as they are, and as the faces cut out of them: a photo and a face crop
    made of it look different as a whole.

    Returns:
        len(samples) integers; equal numbers mean near-duplicates of each other, also by a chain.
    """
    count = len(samples)
    edges = csr_array((count, count), dtype=np.float64)
    for cut in (False, True):
        bits = np.empty((2 * count, 64), np.float32)
        for index, sample in enumerate(samples):
            picture = crop_face(sample.picture, sample.box, 0.0) if cut else sample.picture
            gray = PilImage.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
            mirrored = gray.transpose(PilImage.Transpose.FLIP_LEFT_RIGHT)
            bits[index] = imagehash.phash(gray).hash.ravel()
            bits[count + index] = imagehash.phash(mirrored).hash.ravel()
        # Of bits, the squared Euclidean distance is the number that differ.
        neighbors = NearestNeighbors(radius=(NEAR_DUPLICATE_BITS - 0.5) ** 0.5, algorithm='brute')
        near = csr_array(neighbors.fit(bits).radius_neighbors_graph(bits[:count]))
        edges = edges + near[:, :count] + near[:, count:]
    return connected_components(edges, directed=False)[1]


def split_samples(samples: Sequence[Sample], seed: int, report: Report) -> dict[str, list[Sample]]:
    """Give every sample a split, with all near-duplicates on one side.

    A split that the folders name is kept, except that a training picture with a near-duplicate in
    val or test (or a val picture with one in test) is left out. A picture without a split goes
    where its near-duplicates are; groups without any split are divided, stratified by class.

    Args:
        samples: as `load_samples` gives them.
        seed: of the division.
        report: is filled in.

    Returns:
        The samples of 'train', 'val' and 'test'.

    Raises:
        DataError: a split lacks a class.
    """
    groups = near_duplicate_groups(samples)
    split_of: dict[int, str] = {}
    for split in SPLITS:  # the last one wins: test over val over train
        for sample, group in zip(samples, groups, strict=True):
            if sample.split == split:
                split_of[int(group)] = split
    free = [index for index, group in enumerate(groups) if int(group) not in split_of]
    if free:
        labels = np.array([samples[index].label for index in free])
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        try:
            division = [part for _, part in folds.split(free, labels, groups[free])]
        except ValueError:
            raise DataError(
                f'there are too few pictures to split: expected at least {FOLDS} of each class '
                'that are no near-duplicates'
            ) from None
        for fold, part in enumerate(division):
            for position in part:
                split_of[int(groups[free[position]])] = (
                    ('test', 'val')[fold] if fold < 2 else 'train'
                )
    result: dict[str, list[Sample]] = {split: [] for split in SPLITS}
    for sample, group in zip(samples, groups, strict=True):
        split = split_of[int(group)]
        if sample.split and sample.split != split:
            report.near_duplicates_left_out_of_training[sample.source] += 1
            continue
        result[split].append(replace(sample, split=split))
        report.used[f'{sample.source}/{split}/{LABELS[sample.label]}'] += 1
    for split, members in result.items():
        if {sample.label for sample in members} != set(FOLDERS.values()):
            raise DataError(f'the {split} split lacks pictures of one class; add more pictures')
    return result
