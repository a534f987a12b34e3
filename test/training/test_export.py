# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A model is written whole and checked, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_proximity.core.errors import ModelError
from mask_proximity.core.masks import load_mask_classifier
from mask_proximity.core.models import ModelDescription
from training import export

SIZE = 16
DESCRIPTION = {
    'name': 'mask_classifier',
    'labels': ['mask', 'no_mask'],
    'input_size': SIZE,
    'crop_margin': 0.1,
}

pytestmark = pytest.mark.xdist_group('training')


@pytest.fixture(scope='module')
def model() -> Any:
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(4, 3, activation='relu')(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(2, activation='softmax')(x))


@pytest.fixture
def faces() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (8, SIZE, SIZE, 3)).astype(np.float32)


def test_what_is_written_is_the_model(model: Any, faces: np.ndarray, tmp_path: Path) -> None:
    path = export.export(model, DESCRIPTION, faces, tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {
        'mask_classifier.keras',
        'mask_classifier.tflite',
        'mask_classifier.json',
    }
    description = ModelDescription.load(path)
    expected = model.predict(faces, verbose=0)
    assert np.ptp(expected) > 0.01
    for backend in ('litert', 'tensorflow'):
        found = load_mask_classifier(description, backend, 1).classify(faces)
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert 0 <= description.get('largest_difference_keras_litert', float) < 1e-4


@pytest.mark.parametrize('difference', [2e-3, float('nan')])
def test_backends_that_differ_are_not_written(
    model: Any,
    faces: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    difference: float,
) -> None:
    for name in ('mask_classifier.json', 'mask_classifier.keras'):
        (tmp_path / name).write_text('what was there before')
    monkeypatch.setattr(export, 'largest_difference', lambda *_: difference)
    with pytest.raises(ModelError, match='nothing was written'):
        export.export(model, DESCRIPTION, faces, tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        'mask_classifier.json',
        'mask_classifier.keras',
    ]
    assert {each.read_text() for each in tmp_path.iterdir()} == {'what was there before'}


def test_the_difference_is_that_of_the_files(
    model: Any, faces: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = type(model).from_config(model.get_config())
    expected = np.abs(other.predict(faces, verbose=0) - model.predict(faces, verbose=0)).max()
    assert expected > 2e-3
    to_litert = export.to_litert
    monkeypatch.setattr(export, 'to_litert', lambda _, path: to_litert(other, path))
    with pytest.raises(ModelError, match=f'differ by {expected:.2g}'):
        export.export(model, DESCRIPTION, faces, tmp_path)
    assert not list(tmp_path.iterdir())
