# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Frame in, scene out, with the real nets."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.classification.crops import CropSpec
from mask_proximity.core.errors import ModelError
from mask_proximity.core.perception.nets import Nets, load_classifier, load_face_detector, load_nets
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.perception.settings import PerceptionSettings
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.types import (
    LABELS,
    DistanceSource,
    FloatArray,
    Image,
    Level,
    MaskState,
    Reason,
)
from support.room import empty_room

SETTINGS = PerceptionSettings()


@pytest.fixture(scope='module')
def nets() -> Nets:
    return load_nets(SETTINGS)


@pytest.fixture
def pipeline(nets: Nets) -> Pipeline:
    return Pipeline(nets, AlertPolicy())


def test_a_bare_face_nearby_is_an_alert(pipeline: Pipeline, near_portrait: Image) -> None:
    scene = pipeline.process(near_portrait, 5, SETTINGS)
    (face,) = scene.faces
    assert (scene.stamp, scene.width, scene.height) == (5, 640, 480)
    assert scene.alert.level is Level.ALERT
    assert face.mask_state is MaskState.NO_MASK
    assert face.width_ratio == pytest.approx(face.box.width / 640)
    assert math.isnan(face.distance) and face.distance_source is DistanceSource.NONE


class FixedClassifier:
    """Says the same of every face."""

    name = 'fixed'
    crop_spec = CropSpec(32, 0.1)

    def __init__(self, **probabilities: float) -> None:
        self._row = [probabilities.get(label, 0.0) for label in LABELS]

    def classify(self, faces: FloatArray) -> FloatArray:
        return np.array([self._row] * len(faces), np.float32)


@pytest.mark.parametrize(
    ('probabilities', 'state', 'level'),
    [
        ({'mask': 1.0}, MaskState.MASK, Level.CLEAR),
        ({'no_mask': 0.6, 'incorrect': 0.4}, MaskState.NO_MASK, Level.ALERT),
        ({'no_mask': 0.4, 'incorrect': 0.6}, MaskState.INCORRECT, Level.ALERT),
        ({'mask': 0.5, 'incorrect': 0.5}, MaskState.UNSURE, Level.CAUTION),
    ],
)
@pytest.mark.parametrize('shown', [True, False])
def test_what_a_face_wears(
    nets: Nets,
    near_portrait: Image,
    probabilities: dict[str, float],
    state: MaskState,
    level: Level,
    shown: bool,
) -> None:
    pipeline = Pipeline(Nets(nets.faces, FixedClassifier(**probabilities)), AlertPolicy())
    settings = PerceptionSettings(unsure_state=shown, incorrect_state=shown)
    (face,) = pipeline.process(near_portrait, 0, settings).faces
    two = state if state is MaskState.MASK else MaskState.NO_MASK
    assert face.mask_state is (state if shown else two)
    assert face.level is level
    assert face.mask_probability == pytest.approx(probabilities.get('mask', 0.0))
    assert face.incorrect_probability == pytest.approx(probabilities.get('incorrect', 0.0))


def test_nobody(pipeline: Pipeline) -> None:
    scene = pipeline.process(empty_room(), 0, SETTINGS)
    assert scene.faces == () and scene.alert.reason is Reason.NO_FACE


def test_tiny_faces_are_skipped_and_counted(pipeline: Pipeline, near_portrait: Image) -> None:
    scene = pipeline.process(near_portrait, 0, PerceptionSettings(min_face_width=600.0))
    assert scene.faces == () and len(scene.skipped) == 1


def test_settings_act_on_the_very_frame(pipeline: Pipeline, near_portrait: Image) -> None:
    far = PerceptionSettings(alert_width_ratio=0.9)
    assert pipeline.process(near_portrait, 0, far).alert.level is Level.CAUTION
    strict = PerceptionSettings(face_confidence=1.0)
    assert pipeline.process(near_portrait, 10**9, strict).faces == ()


def test_distance_from_calibration_wins_over_the_nominal_field_of_view(
    pipeline: Pipeline, near_portrait: Image
) -> None:
    nominal = PerceptionSettings(horizontal_fov=1.0)
    (by_fov,) = pipeline.process(near_portrait, 0, nominal).faces
    assert by_fov.distance_source is DistanceSource.FACE_WIDTH_FOV
    camera = Pinhole.calibrated(640, 480, [500.0, 0, 320, 0, 500, 240, 0, 0, 1], 640, 480)
    (calibrated,) = pipeline.process(near_portrait, 1, nominal, camera).faces
    assert calibrated.distance_source is DistanceSource.FACE_WIDTH_CALIBRATED
    assert calibrated.distance == pytest.approx(500.0 * nominal.face_width / calibrated.box.width)


def test_a_user_without_a_model_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match='there is no such file'):
        load_classifier(PerceptionSettings(mask_model=str(tmp_path / 'mine.json')))
    with pytest.raises(ModelError, match='needs face_model_path'):
        load_face_detector(PerceptionSettings(face_model='yunet'))
