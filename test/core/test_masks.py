# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The one preprocessing, and the classifier on LiteRT."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core import models
from mask_proximity.core.errors import ModelError
from mask_proximity.core.masks import (
    CropSpec,
    LiteRtMaskClassifier,
    crop_face,
    crop_faces,
    load_mask_classifier,
    preprocess,
)
from mask_proximity.core.models import ModelDescription
from mask_proximity.core.scene import Box, Image

GRADIENT = np.arange(40 * 60 * 3, dtype=np.uint32).reshape(40, 60, 3).astype(np.uint8)


@pytest.fixture(scope='module')
def classifier() -> LiteRtMaskClassifier:
    description = ModelDescription.load(models.models_directory() / models.MASK_CLASSIFIER)
    return LiteRtMaskClassifier(description, threads=1)


def test_a_crop_is_a_view_of_just_the_box() -> None:
    crop = crop_face(GRADIENT, Box(10, 5, 30, 25), 0.0)
    assert crop is not None
    assert np.shares_memory(crop, GRADIENT)
    np.testing.assert_array_equal(crop, GRADIENT[5:25, 10:30])


def test_the_margin_grows_the_crop_up_to_the_edge() -> None:
    crop = crop_face(GRADIENT, Box(10, 10, 30, 20), 0.5)
    assert crop is not None
    np.testing.assert_array_equal(crop, GRADIENT[5:25, 0:40])


@given(
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.floats(0, 500),
    st.floats(0, 500),
    st.floats(0, 2),
)
def test_any_box_gives_a_crop_inside_or_none(
    x: float, y: float, width: float, height: float, margin: float
) -> None:
    box = Box(x, y, x + width, y + height)
    crop = crop_face(GRADIENT, box, margin)
    if crop is not None:
        assert crop.shape[0] >= 1 and crop.shape[1] >= 1
        assert crop.shape[0] <= 40 and crop.shape[1] <= 60
    else:
        inside = box.expanded(margin).clamped(60, 40)
        assert inside.width == 0 or inside.height == 0


def test_preprocess_is_rgb_in_minus_one_to_one() -> None:
    blue = np.zeros((50, 30, 3), np.uint8)
    blue[..., 0] = 255
    ready = preprocess(blue, 8)
    assert ready.shape == (8, 8, 3) and ready.dtype == np.float32
    np.testing.assert_array_equal(ready[3, 3], [-1.0, -1.0, 1.0])


def test_preprocess_equals_keras_preprocess_input() -> None:
    keras = pytest.importorskip('keras')
    picture = np.random.default_rng(2).integers(0, 256, (16, 16, 3), np.uint8)
    theirs = keras.applications.mobilenet_v2.preprocess_input(picture[..., ::-1].astype(np.float32))
    np.testing.assert_allclose(preprocess(picture, 16), theirs, atol=1e-6)


def test_a_batch_holds_each_face_in_order() -> None:
    boxes = [Box(0, 0, 20, 20), Box(30, 10, 50, 30)]
    batch = crop_faces(GRADIENT, boxes, CropSpec(12, 0.1))
    assert batch.shape == (2, 12, 12, 3)
    for face, box in zip(batch, boxes, strict=True):
        crop = crop_face(GRADIENT, box, 0.1)
        assert crop is not None
        np.testing.assert_array_equal(face, preprocess(crop, 12))


def test_a_box_outside_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match='outside'):
        crop_faces(GRADIENT, [Box(100, 100, 120, 120)], CropSpec(12, 0.0))


def test_a_bare_face_is_bare(classifier: LiteRtMaskClassifier, portrait: Image) -> None:
    batch = crop_faces(portrait, [Box(179, 58, 272, 177)], classifier.crop_spec)
    (probabilities,) = classifier.classify(batch)
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-4)
    assert probabilities[1] > 0.9


def test_no_faces_no_probabilities(classifier: LiteRtMaskClassifier) -> None:
    size = classifier.crop_spec.size
    assert classifier.classify(np.empty((0, size, size, 3), np.float32)).shape == (0, 2)


def test_a_net_that_diverges_is_a_model_error(classifier: LiteRtMaskClassifier) -> None:
    size = classifier.crop_spec.size
    with pytest.raises(ModelError, match='no number'):
        classifier.classify(np.full((1, size, size, 3), np.nan, np.float32))


def test_an_unknown_backend_gets_a_sentence() -> None:
    description = ModelDescription.load(models.models_directory() / models.MASK_CLASSIFIER)
    with pytest.raises(ModelError, match="expected 'litert' or 'tensorflow'"):
        load_mask_classifier(description, 'torch', 1)
