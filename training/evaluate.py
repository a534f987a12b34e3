# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure a mask classifier on whole scenes, with the boxes of the project's own face detector.

    python -m training.evaluate --scenes DIR [--model models/mask_classifier.json] [--record]

DIR holds `images/` and `annotations/` (Pascal VOC, objects `with_mask`, `without_mask` and
`with_incorrect_mask`). A detection is matched to the labelled face with the largest overlap, if
their intersection over union is at least 0.5; each label is matched once, by the surest detection.
"""

from __future__ import annotations

import argparse
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from tqdm import tqdm

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.faces import FaceDetector, SsdFaceDetector
from mask_proximity.core.masks import LABELS, MaskClassifier, crop_faces, load_mask_classifier
from mask_proximity.core.models import (
    FACE_SSD,
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.scene import Box, FaceDetection
from training.data import DataError
from training.export import BACKENDS, write_json

KINDS = ('with_mask', 'without_mask', 'with_incorrect_mask')
MIN_IOU = 0.5
MIN_SCORE = 0.5
WIDTHS = {'near': (60.0, float('inf')), 'far': (24.0, 60.0)}
"""Ranges of the labelled width, pixels of the picture: from, and below."""


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """A face that somebody labelled."""

    kind: str
    box: Box


def read_annotation(path: Path) -> list[LabelledFace]:
    """The labelled faces of a Pascal VOC file.

    Raises:
        DataError: the file is no such annotation, or has an object of an unknown kind.
    """
    faces = []
    try:
        for item in ElementTree.parse(path).iter('object'):
            kind = item.findtext('name', '')
            if kind not in KINDS:
                raise DataError(f'{path}: object {kind!r} is unknown; expected one of {KINDS}')
            corners = [float(item.findtext(f'bndbox/{key}', '')) for key in CORNERS]
            faces.append(LabelledFace(kind, Box(*corners)))
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


def evaluate(
    scenes: Path, detector: FaceDetector, classifier: MaskClassifier
) -> dict[str, dict[str, dict[str, int]]]:
    """Count what the classifier says about the faces of scenes.

    Returns:
        For each range of WIDTHS and each kind of face: how many are labelled, how many of these
        were found by the detector, and how many of those are called each of LABELS (the likelier).

    Raises:
        DataError: there are no scenes, or one cannot be read.
    """
    counts = {
        name: {kind: dict.fromkeys(('labelled', 'found', *LABELS), 0) for kind in KINDS}
        for name in WIDTHS
    }
    annotations = sorted(scenes.glob('annotations/*.xml'))
    if not annotations:
        raise DataError(f'{scenes}: expected annotations/*.xml, and pictures of the same names')
    pictures = {path.stem: path for path in (scenes / 'images').glob('*.*')}
    for annotation in tqdm(annotations, 'scenes', unit='scene', mininterval=2):
        path = pictures.get(annotation.stem)
        picture = None if path is None else cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise DataError(f'{annotation}: no readable picture of this name in {scenes}/images')
        faces = read_annotation(annotation)
        for face in faces:
            for name in _widths(face):
                counts[name][face.kind]['labelled'] += 1
        pairs = match(detector.detect(picture, MIN_SCORE), faces)
        boxes = [detection.box for detection, _ in pairs]
        called = classifier.classify(crop_faces(picture, boxes, classifier.crop_spec))
        for (_, face), label in zip(pairs, called.argmax(axis=1), strict=True):
            for name in _widths(face):
                counts[name][face.kind]['found'] += 1
                counts[name][face.kind][LABELS[label]] += 1
    return counts


def _widths(face: LabelledFace) -> list[str]:
    return [name for name, (low, high) in WIDTHS.items() if low <= face.box.width < high]


def summary(counts: dict[str, dict[str, dict[str, int]]]) -> dict[str, Any]:
    """The rates behind the counts; None where nothing was found."""

    def rate(row: dict[str, int], label: str) -> float | None:
        return round(row[label] / row['found'], 4) if row['found'] else None

    return {
        name: {
            'mask_right': rate(rows['with_mask'], 'mask'),
            'no_mask_right': rate(rows['without_mask'], 'no_mask'),
            'incorrect_called_mask': rate(rows['with_incorrect_mask'], 'mask'),
            'counts': rows,
        }
        for name, rows in counts.items()
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the evaluation from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.evaluate', description=(__doc__ or '').splitlines()[0]
    )
    parser.add_argument('--scenes', type=Path, required=True, help='with images/ and annotations/')
    parser.add_argument(
        '--model',
        type=Path,
        default=Path('models', MASK_CLASSIFIER),
        help='description of the classifier (default: models/mask_classifier.json)',
    )
    parser.add_argument('--backend', default='litert', choices=BACKENDS, help='(default: litert)')
    parser.add_argument(
        '--record', action='store_true', help="store the result in the model's description"
    )
    arguments = parser.parse_args(argv)
    try:
        description = ModelDescription.load(arguments.model)
        detector = SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))
        classifier = load_mask_classifier(description, arguments.backend, 2)
        result = {
            'what': (
                f'faces of whole scenes, boxes of face_ssd at {MIN_SCORE}, matched to labels at '
                f'IoU >= {MIN_IOU}; width of the label: near >= 60 pixels, far 24 to 60'
            ),
            **summary(evaluate(arguments.scenes, detector, classifier)),
        }
        print(json.dumps(result, indent=2))
        if arguments.record:
            content = dict(description.content)
            content['metrics'] = {**content.get('metrics', {}), 'scenes': result}
            write_json(description.path, content)
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
