# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Turned heads: what the detector still finds of them, and where."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.models.description import FACE_SSD, ModelDescription, models_directory
from mask_proximity.core.sources.base import Frame
from mask_proximity.core.sources.simulated.camera import PinholeCamera
from mask_proximity.core.sources.simulated.scene import Person, SimulatedScene, Waypoint
from mask_proximity.core.types import MaskState


@pytest.fixture(scope='module')
def ssd() -> SsdFaceDetector:
    return SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))


def render(degrees: float, mask_state: MaskState = MaskState.NO_MASK, z: float = 1.0) -> Frame:
    person = Person(
        'Ada', mask_state, [Waypoint(0.0, 0.0, z), Waypoint(9.0, 0.0, z)],
        [(0.0, math.radians(degrees))],
    )  # fmt: skip
    return SimulatedScene([person], 9.0, 10.0, PinholeCamera(640, 480)).render(1.0)


@pytest.mark.parametrize('mask_state', [MaskState.NO_MASK, MaskState.MASK])
@pytest.mark.parametrize('degrees', [-40, -25, 25, 40])
def test_the_detector_finds_a_turned_face_where_the_truth_has_it(
    mask_state: MaskState, degrees: float, ssd: SsdFaceDetector
) -> None:
    front, turned = render(0.0, mask_state), render(degrees, mask_state)
    (before,) = front.truth or ()
    (face,) = turned.truth or ()
    assert face.yaw == pytest.approx(math.radians(degrees))
    assert face.distance == before.distance
    # Her left is right in the picture.
    assert math.copysign(1.0, face.box.center[0] - before.box.center[0]) == math.copysign(
        1.0, degrees
    )
    assert face.box.width < before.box.width
    best = max(ssd.detect(turned.image, 0.5), key=lambda found: found.score)
    assert best.box.iou(face.box) > 0.6
    assert best.box.width == pytest.approx(face.box.width, rel=0.15)


@pytest.mark.parametrize('degrees', [-180, -120, 120, 180])
def test_the_back_of_a_head_is_no_face(degrees: float, ssd: SsdFaceDetector) -> None:
    frame = render(degrees)
    assert frame.truth == ()
    assert ssd.detect(frame.image, 0.5) == []


def test_nothing_but_the_head_turns() -> None:
    front, turned = render(0.0), render(45.0)
    (face,) = front.truth or ()
    changed = np.abs(front.image.astype(int) - turned.image).max(axis=2) > 0
    rows, columns = np.nonzero(changed)
    height, width = face.box.height, face.box.width
    assert rows.min() > face.box.y1 - 0.5 * height
    assert rows.max() < face.box.y2 + 0.3 * height
    assert columns.min() > face.box.x1 - 0.6 * width
    assert columns.max() < face.box.x2 + 0.6 * width


def test_a_mask_pulled_down_leaves_the_nose_free() -> None:
    bare, low = render(0.0), render(0.0, MaskState.INCORRECT)
    (face,) = low.truth or ()
    assert face.mask_state is MaskState.INCORRECT
    change = np.abs(bare.image.astype(int) - low.image).max(axis=2) > 30
    x, top = round(face.box.center[0]), face.box.y1
    nose, chin = (round(top + part * face.box.height) for part in (0.55, 0.9))
    assert not change[nose - 3 : nose + 3, x - 5 : x + 5].any()
    assert change[chin - 3 : chin + 3, x - 5 : x + 5].all()
