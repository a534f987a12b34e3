# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""config/tutorial.yaml against the tutorial's rule, written down once more and without our code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from mask_proximity import environment
from mask_proximity.core.classification.classifier import load_mask_classifier
from mask_proximity.core.models.description import (
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.perception.pipeline import load_pipeline
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.settings_table import with_values
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.types import Image, Level, MaskState
from support import ros

WIDTH = 600


@dataclass(frozen=True)
class Told:
    """What the tutorial says of one face, in pixels of the picture that it shows."""

    box: tuple[int, int, int, int]
    label: str
    probability: float
    maintain_distance: bool


class Tutorial:
    """The tutorial's loop, with OpenCV and NumPy alone; only the nets themselves are ours."""

    def __init__(self) -> None:
        folder = models_directory()
        self._faces = cv2.dnn.readNetFromCaffe(
            str(folder / 'face_ssd_published.prototxt'), str(folder / 'face_ssd.caffemodel')
        )
        self._masks = load_mask_classifier(
            ModelDescription.load(folder / MASK_CLASSIFIER), 'auto', 2
        )

    def tell(self, frame: Image) -> list[Told]:
        frame = cv2.resize(frame, (WIDTH, frame.shape[0]))
        h, w = frame.shape[:2]
        self._faces.setInput(cv2.dnn.blobFromImage(frame, 1.0, (224, 224), (104, 177, 123)))
        boxes, crops = [], []
        # 224 in the tutorial; our nets may want another.
        size = self._masks.crop_spec.size
        for row in self._faces.forward()[0, 0]:
            if row[2] > 0.5:
                x1, y1, x2, y2 = (row[3:7] * np.array([w, h, w, h])).astype('int')
                x1, y1, x2, y2 = max(0, x1), max(0, y1), min(w - 1, x2), min(h - 1, y2)
                crop = frame[y1:y2, x1:x2]
                if crop.size:
                    rgb = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB), (size, size))
                    crops.append(rgb.astype('float32') / 127.5 - 1.0)
                    boxes.append((int(x1), int(y1), int(x2), int(y2)))
        if not boxes:
            return []
        told = []
        # The tutorial has two classes: whatever is no mask, or none worn right, is 'No Mask'.
        for box, mask in zip(boxes, self._masks.classify(np.array(crops))[:, 0], strict=True):
            no_mask = 1.0 - float(mask)
            label = 'Mask' if mask > 0.75 else 'No Mask'
            text = f'{label}: {max(mask, no_mask) * 100:.2f}%'
            near = box[2] - box[0] > 60
            told.append(Told(box, text, float(mask), bool(near and no_mask > 0.75)))
        return told


def preset() -> dict[str, Any]:
    share = environment.prefix() / 'share' / 'mask_proximity'
    content = yaml.safe_load((share / 'config' / 'tutorial.yaml').read_text())
    return dict(content['/**/detector_node']['ros__parameters'])


@pytest.fixture(scope='module')
def tutorial() -> Tutorial:
    return Tutorial()


def frames(data: Path) -> Iterator[Image]:
    """Clips, whole scenes of many sizes, and what lies at the edges of pictures."""
    for clip in sorted((data / 'video').glob('*.gif')):
        source = open_source(str(clip), SourceSettings())
        while (frame := source.read()) is not None:
            yield frame.image
    for path in sorted((data / 'scenes' / 'images').iterdir())[:60]:
        picture = cv2.imread(str(path))
        yield picture
        yield np.ascontiguousarray(picture[picture.shape[0] // 3 :, picture.shape[1] // 3 :])


def test_box_for_box_label_for_label_alert_for_alert(tutorial: Tutorial, data: Path) -> None:
    settings = with_values(DetectorSettings(), preset())
    pipeline = load_pipeline(settings)
    faces = alerts = quiet = masks = 0
    for stamp, frame in enumerate(frames(data)):
        expected = {told.box: told for told in tutorial.tell(frame)}
        scene = pipeline.process(frame, stamp, settings)
        assert len(scene.faces) == len(expected)
        for face in scene.faces:
            scale = WIDTH / frame.shape[1]
            box = face.box
            told = expected[round(box.x1 * scale), round(box.y1), round(box.x2 * scale), box.y2]
            assert face.mask_state in (MaskState.MASK, MaskState.NO_MASK)
            label = 'Mask' if face.mask_state is MaskState.MASK else 'No Mask'
            surer = max(face.mask_probability, 1 - face.mask_probability)
            assert f'{label}: {surer * 100:.2f}%' == told.label
            assert (face.level is Level.ALERT) == told.maintain_distance
            masks += label == 'Mask'
        near = any(told.maintain_distance for told in expected.values())
        assert (scene.alert.level is Level.ALERT) == near
        faces, alerts, quiet = faces + len(expected), alerts + near, quiet + (not near)
    assert min(faces, alerts, quiet, masks) > 30, 'there was enough to compare'


def test_the_node_does_the_same(tutorial: Tutorial, data: Path, tmp_path: Path) -> None:
    share = environment.prefix() / 'share' / 'mask_proximity'
    clip = list(frames(data))[:41]
    with ros.peer(tmp_path) as peer:
        alerts = peer.collect_alerts()
        images = peer.image_publisher()
        peer.start('detector_node', params_file=share / 'config' / 'tutorial.yaml')
        for frame in (clip[0], clip[-1]):
            expected = sorted((*t.box, t.maintain_distance) for t in tutorial.tell(frame))
            scale = WIDTH / frame.shape[1]

            def told(alert: Any, scale: float = scale) -> list[tuple[Any, ...]]:
                rows = []
                for face in alert.faces:
                    box, half = face.bbox.center.position, face.bbox.size_x / 2
                    rows.append(
                        (
                            round((box.x - half) * scale),
                            round(box.y - face.bbox.size_y / 2),
                            round((box.x + half) * scale),
                            round(box.y + face.bbox.size_y / 2),
                            face.level == alert.ALERT,
                        )
                    )
                return sorted(rows)

            peer.until(
                lambda expected=expected, told=told: alerts and told(alerts[-1]) == expected,
                each=lambda frame=frame: images.publish(peer.image(frame)),
            )
