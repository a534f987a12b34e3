# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The evaluation counts what one counts by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.masks import CropSpec, FloatArray
from mask_proximity.core.scene import Box, FaceDetection, Image
from training.data import DataError
from training.evaluate import LabelledFace, evaluate, match, read_annotation, summary


class FixedDetector:
    """Finds the same boxes in every picture."""

    def __init__(self, *boxes: Box) -> None:
        self._boxes = boxes

    def detect(self, image: Image, min_score: float) -> list[FaceDetection]:
        assert min_score == 0.5
        return [FaceDetection(box, 0.9) for box in self._boxes]


class ShadeClassifier:
    """Takes everything dark, and the very bright, for a mask."""

    crop_spec = CropSpec(8, 0.0)

    def classify(self, faces: FloatArray) -> FloatArray:
        shades = (faces.mean(axis=(1, 2, 3)) + 1.0) * 127.5
        masked = (shades < 90) | (shades > 180)
        return np.stack([masked, np.zeros_like(masked), ~masked], axis=1).astype(np.float32)


def row(**counts: int) -> dict[str, int]:
    return {**dict.fromkeys(('labelled', 'found', 'mask', 'incorrect', 'no_mask'), 0), **counts}


def write_scene(folder: Path, name: str, faces: dict[Box, tuple[str, int]]) -> None:
    """A picture with a rectangle of a shade for each face, and its annotation."""
    picture = np.full((300, 400, 3), 100, np.uint8)
    objects = ''
    for box, (kind, shade) in faces.items():
        x1, y1, x2, y2 = (int(v) for v in (box.x1, box.y1, box.x2, box.y2))
        picture[y1:y2, x1:x2] = shade
        objects += (
            f'<object><name>{kind}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>'
            f'<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>'
        )
    for part in ('images', 'annotations'):
        (folder / part).mkdir(exist_ok=True)
    assert cv2.imwrite(str(folder / 'images' / f'{name}.png'), picture)
    (folder / 'annotations' / f'{name}.xml').write_text(f'<annotation>{objects}</annotation>')


def test_counts_are_those_made_by_hand(tmp_path: Path) -> None:
    near, near2 = Box(10, 10, 80, 100), Box(100, 10, 170, 100)
    far, missed, tiny = Box(200, 10, 240, 60), Box(10, 150, 90, 250), Box(300, 10, 320, 40)
    write_scene(
        tmp_path,
        'one',
        {
            near: ('with_mask', 40),
            near2: ('with_mask', 140),  # taken for bare
            far: ('without_mask', 140),
            missed: ('without_mask', 140),
            tiny: ('without_mask', 140),
        },
    )
    write_scene(
        tmp_path,
        'two',
        {near: ('without_mask', 140), near2: ('with_incorrect_mask', 220)},
    )
    detector = FixedDetector(near, near2, far, tiny, Box(250, 150, 350, 280))
    counts = evaluate(tmp_path, detector, ShadeClassifier())
    assert counts == {
        'near': {
            'with_mask': row(labelled=2, found=2, mask=1, no_mask=1),
            'without_mask': row(labelled=2, found=1, no_mask=1),
            'with_incorrect_mask': row(labelled=1, found=1, mask=1),
        },
        'far': {
            'with_mask': row(),
            'without_mask': row(labelled=1, found=1, no_mask=1),
            'with_incorrect_mask': row(),
        },
    }
    rates = summary(counts)
    assert rates['near']['mask_right'] == 0.5
    assert rates['near']['no_mask_right'] == 1.0
    assert rates['near']['incorrect_called_mask'] == 1.0
    assert rates['far']['mask_right'] is None


def test_a_label_is_matched_once_by_the_surest() -> None:
    face = LabelledFace('with_mask', Box(0, 0, 100, 100))
    beside = LabelledFace('without_mask', Box(300, 0, 400, 100))
    surest = FaceDetection(Box(0, 0, 100, 90), 0.9)
    twin = FaceDetection(Box(0, 0, 100, 100), 0.8)
    elsewhere = FaceDetection(Box(340, 60, 440, 160), 0.95)
    assert match([twin, elsewhere, surest], [face, beside]) == [(surest, face)]


@pytest.mark.parametrize(
    'text',
    [
        'no xml',
        '<annotation><object><name>dog</name></object></annotation>',
        '<annotation><object><name>with_mask</name></object></annotation>',
    ],
)
def test_a_bad_annotation_is_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / 'bad.xml'
    path.write_text(text)
    with pytest.raises(DataError, match=r'bad\.xml: .*(expected)'):
        read_annotation(path)


def test_missing_scenes_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='expected annotations'):
        evaluate(tmp_path, FixedDetector(), ShadeClassifier())
    write_scene(tmp_path, 'one', {})
    (tmp_path / 'images' / 'one.png').unlink()
    with pytest.raises(DataError, match='no readable picture'):
        evaluate(tmp_path, FixedDetector(), ShadeClassifier())
