# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is measured is what serves."""

from __future__ import annotations

import numpy as np
import pytest

from mask_proximity.core.perception.pipeline import load_pipeline
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import Image
from training.evaluation.models import OwnModel, two_class_probabilities


def test_faces_and_probabilities_are_those_of_the_pipeline(
    portrait: Image, near_portrait: Image
) -> None:
    settings = DetectorSettings(mask_backend='opencv')
    pipeline = load_pipeline(settings)
    model = OwnModel('own', pipeline.nets.faces, pipeline.nets.masks, settings)
    for picture in (portrait, near_portrait, np.hstack([portrait, portrait])):
        pipeline.reset()
        served = pipeline.process(picture, 0, settings).faces
        measured = model.predict(picture)
        assert measured
        assert {each.detection.box for each in measured} == {face.box for face in served}
        by_box = {each.detection.box: each.probabilities for each in measured}
        for face in served:
            assert by_box[face.box][0] == pytest.approx(face.raw_mask_probability)
        box = measured[0].detection.box
        assert model.classify(picture, box) == pytest.approx(measured[0].probabilities)


def test_more_faces_below_the_threshold(portrait: Image) -> None:
    settings = DetectorSettings(mask_backend='opencv')
    nets = load_pipeline(settings).nets
    model = OwnModel('own', nets.faces, nets.masks, settings)
    assert len(model.predict(portrait, 0.05)) > len(model.predict(portrait))


def test_two_classes_leave_the_third_empty() -> None:
    assert two_class_probabilities(0.25, 0.75) == (0.25, 0.0, 0.75)
