# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure the width of the detectors' face boxes in metres: the constant behind every distance.

    MASK_PROXIMITY_DATA=DIR python -m benchmarks.face_width --yunet FILE.onnx

Run it from the source tree, in an environment with the package. YuNet's landmarks give the distance
between the pupils in pixels, which is 63 mm for the average adult (N. Dodgson, Variation and
extrema of human interpupillary distance, Proc. SPIE 5291, 2004). So true width = box width / pupil
distance * 63 mm, over labelled faces that look into the camera. Turning the head reduces the
distance between the eyes, so the narrowing of the boxes by yaw is measured against the height from
eyes to mouth. Yaw is measured by the offset of the nose from the middle of the eyes, relative to
their distance.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from mask_proximity.core.detection.yunet import YuNetFaceDetector
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.perception.pipeline import find_faces
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, Box, FaceDetection
from training.annotations import DataError, read_annotation

PUPIL_DISTANCE = 0.063
"""Of the mean adult, metres."""

LEAST_EYES, LEAST_HEIGHT = 20.0, 18.0
"""Smaller faces tell too little: pupil distance, and eyes to mouth, in pixels."""

FRONTAL = 0.08
"""Largest offset of the nose of a face that looks into the camera."""

STEPS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.7, 1.2)
"""Of the offset of the nose; 0.45 is about 45 degrees, 1.2 about 70."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A face that both detectors found: label, boxes, and lengths in pixels."""

    label: str
    ssd: Box
    yunet: Box
    eyes: float
    height: float
    nose: float


def measure(ssd: Box, found: FaceDetection, label: str) -> Measured:
    """Lengths of a face from YuNet's landmarks, along and across the line of the eyes."""
    right, left, nose, *mouth = (np.array(point) for point in found.landmarks)
    line = left - right
    eyes = float(np.hypot(*line))
    along = line / eyes
    across = np.array([-along[1], along[0]])
    middle = (right + left) / 2.0
    height = float((sum(mouth) / 2.0 - middle) @ across)
    return Measured(label, ssd, found.box, eyes, height, abs(float((nose - middle) @ along)) / eyes)


def faces_of(scenes: Path, yunet: YuNetFaceDetector) -> list[Measured]:
    """Every labelled face that both detectors found whole.

    Raises:
        DataError: there are no scenes.
    """
    settings = DetectorSettings()
    ssd = load_face_detector(settings)
    measured: list[Measured] = []
    annotations = sorted(scenes.glob('annotations/*.xml'))
    if not annotations:
        raise DataError(f'{scenes}: expected annotations/*.xml, and images/ with the same names')
    pictures = {path.stem: path for path in (scenes / 'images').glob('*.*')}
    for annotation in tqdm(annotations, 'scenes', unit='scene', mininterval=2):
        picture = cv2.imread(str(pictures[annotation.stem]), cv2.IMREAD_COLOR)
        assert picture is not None, annotation
        height, width = picture.shape[:2]
        boxes = [each.box for each in find_faces(picture, ssd, settings)]
        labelled = read_annotation(annotation).faces
        for found in yunet.detect(picture, 0.8):
            box = max(boxes, key=found.box.iou, default=Box(0, 0, 0, 0))
            face = max(labelled, key=lambda each: found.box.iou(each.box), default=None)
            whole = box.x1 > 2 and box.y1 > 2 and box.x2 < width - 2 and box.y2 < height - 2
            if face and whole and found.box.iou(box) > 0.4 and found.box.iou(face.box) > 0.5:
                measured.append(measure(box, found, LABELS[face.label]))
    return measured


def report(faces: Sequence[Measured]) -> str:
    """Two tables in Markdown."""
    lines = ['| frontal faces | number | ssd | yunet | spread of ssd | ssd height / width |']
    lines.append('|---' * 6 + '|')
    frontal = [each for each in faces if each.nose < FRONTAL and each.eyes > LEAST_EYES]
    for label in LABELS:
        group = [each for each in frontal if each.label == label]
        if not group:
            continue
        ssd = np.array([each.ssd.width / each.eyes for each in group]) * PUPIL_DISTANCE
        own = np.array([each.yunet.width / each.eyes for each in group]) * PUPIL_DISTANCE
        aspect = np.median([each.ssd.height / each.ssd.width for each in group])
        lines.append(
            f'| {label} | {len(group)} | {np.median(ssd):.4f} m | {np.median(own):.4f} m | '
            f'{np.log(ssd).std():.3f} | {aspect:.2f} |'
        )
    lines += [
        '',
        '| nose offset | number | ssd width | spread | yunet width | spread | ssd h / w |',
    ]
    lines.append('|---' * 7 + '|')
    tall = [each for each in faces if each.height > LEAST_HEIGHT]
    first: tuple[float, float] | None = None
    for low, high in zip(STEPS, STEPS[1:], strict=False):
        group = [each for each in tall if low <= each.nose < high]
        if not group:
            continue
        ssd = np.array([each.ssd.width / each.height for each in group])
        own = np.array([each.yunet.width / each.height for each in group])
        first = first or (float(np.median(ssd)), float(np.median(own)))
        aspect = np.median([each.ssd.height / each.ssd.width for each in group])
        lines.append(
            f'| {low:g} to {high:g} | {len(group)} | {np.median(ssd) / first[0]:.2f} | '
            f'{np.log(ssd).std():.2f} | {np.median(own) / first[1]:.2f} | '
            f'{np.log(own).std():.2f} | {aspect:.2f} |'
        )
    return '\n'.join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.face_width',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--scenes', type=Path, help='(default: $MASK_PROXIMITY_DATA/scenes)')
    parser.add_argument('--yunet', type=Path, required=True, metavar='ONNX')
    arguments = parser.parse_args(argv)
    data = os.environ.get('MASK_PROXIMITY_DATA')
    try:
        if arguments.scenes is None and not data:
            raise DataError('where are the scenes? Give --scenes, or set MASK_PROXIMITY_DATA')
        scenes = arguments.scenes or Path(str(data), 'scenes')
        print(report(faces_of(scenes, YuNetFaceDetector(arguments.yunet))))
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
