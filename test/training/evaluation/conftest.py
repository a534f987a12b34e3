# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A tiny world whose faces, boxes and probabilities are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.classification.crops import CropSpec
from mask_proximity.core.perception.nets import Nets
from mask_proximity.core.types import Box, FaceDetection, FloatArray, Image

FrameResult = dict[Box, tuple[str, int]]

OF_SHADE = {
    40: (0.9, 0.04, 0.06),
    60: (0.5, 0.3, 0.2),
    140: (0.1, 0.2, 0.7),
    180: (0.1, 0.7, 0.2),
    250: (0.05, 0.05, 0.9),
}
"""The probabilities of a face by how bright it is."""


class FixedDetector:
    """Finds what it is told to find, whatever the picture."""

    name = 'opencv'

    def __init__(self, *found: FaceDetection) -> None:
        self._found = found

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        return [each for each in self._found if each.score > min_score]


class ShadeClassifier:
    """Goes by how bright a face is."""

    name = 'litert'
    crop_spec = CropSpec(8, 0.0)

    def classify(self, faces: FloatArray) -> FloatArray:
        shades = (faces.mean(axis=(1, 2, 3)) + 1.0) * 127.5
        nearest = [min(OF_SHADE, key=lambda each: abs(each - shade)) for shade in shades]
        return np.array([OF_SHADE[each] for each in nearest], np.float32).reshape(-1, 3)


@pytest.fixture
def make_nets() -> Callable[..., Nets]:
    """Nets that find given faces."""
    return lambda *found: Nets(FixedDetector(*found), ShadeClassifier())


@pytest.fixture
def write_scene(tmp_path: Path) -> Callable[..., Path]:
    """Writes a photo with a rectangle of a shade for each face, and its annotation."""

    def write(name: str, faces: FrameResult) -> Path:
        picture = np.full((300, 400, 3), 100, np.uint8)
        objects = ''
        for box, (kind, shade) in faces.items():
            x1, y1, x2, y2 = (int(v) for v in (box.x1, box.y1, box.x2, box.y2))
            picture[y1:y2, x1:x2] = shade
            objects += (
                f'<object><name>{kind}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>'
                f'<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>'
            )
        folder = tmp_path / 'data' / 'scenes'
        for part in ('images', 'annotations'):
            (folder / part).mkdir(exist_ok=True, parents=True)
        assert cv2.imwrite(str(folder / 'images' / f'{name}.png'), picture)
        (folder / 'annotations' / f'{name}.xml').write_text(f'<annotation>{objects}</annotation>')
        return folder

    return write


@pytest.fixture
def description(tmp_path: Path) -> Path:
    """The description of a model whose nets a test brings along."""
    folder = tmp_path / 'models'
    folder.mkdir()
    content = {
        'name': 'shades',
        'what': 'Goes by how bright a face is',
        'labels': ['mask', 'incorrect', 'no_mask'],
        'temperature': 2.0,
        'training': {
            'history': {
                'warm_up': [
                    {'loss': 0.9, 'accuracy': 0.6, 'val_loss': 0.8, 'val_accuracy': 0.7},
                    {'loss': 0.5, 'accuracy': 0.8, 'val_loss': 0.6, 'val_accuracy': 0.8},
                ]
            }
        },
        'metrics': {'val': {'faces': 3}, 'scenes': {'what': 'of an earlier version'}},
        'files': {'litert': {'file': 'shades.tflite', 'bytes': 1, 'sha256': 'ab' * 32}},
    }
    path = folder / 'shades.json'
    path.write_text(json.dumps(content))
    return path
