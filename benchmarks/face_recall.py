# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure how many labelled faces of whole scenes the face detector finds, and its time.

    MASK_PROXIMITY_DATA=DIR python -m benchmarks.face_recall
    python -m benchmarks.face_recall --scenes DIR/scenes face_confidence=0.3,face_input_size=300

Run it from the source tree, in an environment with the package. Each ROW is a set of
detector_node's parameters; the others keep their defaults. A labelled face is found if its IoU with
a detection is at least --iou. Faces are 'near' (at least 60 pixels wide) or 'far' (24 to 60).
Detections without a label are 'unmatched' (those as wide as near faces are counted separately).
They are an upper bound of the false positives, since most are unlabelled faces. Milliseconds are
the median per picture.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import cv2
from tqdm import tqdm

from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.models.threads import usable_threads
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.perception.pipeline import find_faces
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.settings.parameter_file import load_settings
from mask_proximity.core.types import LABELS, FaceDetection
from training.annotations import DataError, LabelledFace, match, read_annotation

NEAR, FAR = 60.0, 24.0
"""Least width of a near and of a far label, pixels."""

ROWS = (
    'face_model=ssd_published,face_backend=opencv,face_confidence=0.5,face_input_size=224',
    'face_model=ssd_published,face_backend=opencv,face_confidence=0.5,face_input_size=300',
    'face_backend=opencv,face_confidence=0.5,face_input_size=300',
    'face_backend=opencv,face_confidence=0.5',
    'face_backend=opencv',
    '',
)
"""As in the tutorial; as it was published; with its boxes in place; larger; less sure; and by the
backend that is the default."""

COLUMNS = tuple((distance, label) for distance in ('near', 'far') for label in LABELS)


@dataclass
class Row:
    """A detector and what became of the faces so far.

    Attributes:
        name: the settings as the user gave them.
        settings: of the detector.
        detector: that they name.
        found: labelled faces found, by distance and label.
        unmatched: detections without a label: all, and those as wide as a near face.
        times: of each picture, seconds.
    """

    name: str
    settings: DetectorSettings
    detector: FaceDetector
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    unmatched: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def look(self, picture: cv2.typing.MatLike, faces: list[LabelledFace], min_iou: float) -> None:
        """Find the faces of a picture and count them."""
        cv2.setNumThreads(usable_threads(self.settings.threads))
        begin = time.perf_counter()
        detections = find_faces(picture, self.detector, self.settings)
        self.times.append(time.perf_counter() - begin)
        least = self.settings.min_face_width
        detections = [each for each in detections if min(each.box.width, each.box.height) >= least]
        pairs = match(detections, faces, min_iou)
        self.found.update(column for _, face in pairs if (column := column_of(face)))
        rest = set(map(id, detections)) - {id(detection) for detection, _ in pairs}
        for detection in detections:
            if id(detection) in rest:
                self.unmatched.update(kinds_of_unmatched(detection))


def column_of(face: LabelledFace) -> tuple[str, str] | None:
    """Distance and label; None for a face that is smaller than far."""
    if face.box.width < FAR:
        return None
    return 'near' if face.box.width >= NEAR else 'far', LABELS[face.label]


def kinds_of_unmatched(detection: FaceDetection) -> list[str]:
    """All, and perhaps near."""
    return ['all', 'near'] if detection.box.width >= NEAR else ['all']


def chosen(annotation: Path, half: str) -> bool:
    """Whether a scene belongs to a half: by its name, so that it stays there whatever is added."""
    return half == 'both' or ('even', 'odd')[zlib.crc32(annotation.stem.encode()) % 2] == half


def measure(scenes: Path, half: str, min_iou: float, rows: Sequence[Row]) -> Counter[object]:
    """Show every scene to every row.

    Returns:
        How many faces are labelled, by distance and label, and under 'scenes' how many scenes.

    Raises:
        DataError: there are no scenes, or one cannot be read.
    """
    labelled: Counter[object] = Counter()
    annotations = [path for path in sorted(scenes.glob('annotations/*.xml')) if chosen(path, half)]
    if not annotations:
        raise DataError(f'{scenes}: expected annotations/*.xml, and images/ with the same names')
    pictures = {path.stem: path for path in (scenes / 'images').glob('*.*')}
    for annotation in tqdm(annotations, 'scenes', unit='scene', mininterval=2):
        path = pictures.get(annotation.stem)
        picture = None if path is None else cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise DataError(f'{annotation}: no readable picture of this name in {scenes}/images')
        faces = read_annotation(annotation).faces
        labelled.update(column for face in faces if (column := column_of(face)))
        for row in rows:
            row.look(picture, faces, min_iou)
    labelled['scenes'] = len(annotations)
    return labelled


def table(rows: Sequence[Row], labelled: Counter[object]) -> str:
    """Markdown: recall in per cent, unmatched detections per picture, milliseconds."""
    heads = [f'{distance} {label} ({labelled[distance, label]})' for distance, label in COLUMNS]
    lines = [
        '| ' + ' | '.join(['settings', *heads, 'unmatched', 'of these near', 'ms']) + ' |',
        '|---' * (len(heads) + 4) + '|',
    ]
    for row in rows:
        cells = [
            f'{100 * row.found[column] / labelled[column]:.1f}' if labelled[column] else ''
            for column in COLUMNS
        ]
        cells += [f'{row.unmatched[kind] / labelled["scenes"]:.2f}' for kind in ('all', 'near')]
        cells.append(f'{1e3 * statistics.median(row.times):.1f}')
        lines.append('| ' + ' | '.join([row.name or 'defaults', *cells]) + ' |')
    return '\n'.join(lines)


def make_row(text: str) -> Row:
    """A row from its settings, NAME=VALUE separated by commas.

    Raises:
        MaskProximityError: a setting is wrong, or its model cannot be loaded.
    """
    assignments = text.split(',') if text else []
    settings = load_settings(None, assignments, ['detector_node'])['detector_node']
    detector = load_face_detector(cast(DetectorSettings, settings))
    return Row(text, cast(DetectorSettings, settings), detector)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.face_recall',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('rows', nargs='*', metavar='ROW', default=ROWS, help='NAME=VALUE,...')
    parser.add_argument('--scenes', type=Path, help='(default: $MASK_PROXIMITY_DATA/scenes)')
    parser.add_argument('--half', choices=('even', 'odd', 'both'), default='both')
    parser.add_argument('--iou', type=float, default=0.5, help='(default: 0.5)')
    arguments = parser.parse_args(argv)
    data = os.environ.get('MASK_PROXIMITY_DATA')
    try:
        if arguments.scenes is None and not data:
            raise DataError('where are the scenes? Give --scenes, or set MASK_PROXIMITY_DATA')
        scenes = arguments.scenes or Path(str(data), 'scenes')
        rows = [make_row(text) for text in arguments.rows]
        labelled = measure(scenes, arguments.half, arguments.iou, rows)
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(f'{labelled["scenes"]} scenes, IoU >= {arguments.iou}, OpenCV {cv2.__version__}')
    print(table(rows, labelled))
    return 0


if __name__ == '__main__':
    sys.exit(main())
