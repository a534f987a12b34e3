# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A model is written whole and checked, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_proximity.core.errors import ModelError
from mask_proximity.core.masks import LABELS, PREPROCESSING, load_mask_classifier
from mask_proximity.core.models import ModelDescription
from mask_proximity.core.scene import Image
from training import export

SIZE = 16
DESCRIPTION: dict[str, Any] = {
    'name': 'mask_classifier',
    'labels': ['mask', 'no_mask'],
    'input_size': SIZE,
    'crop_margin': 0.1,
    'preprocessing': dict(PREPROCESSING),
}

COLUMNS = [LABELS.index(label) for label in DESCRIPTION['labels']]

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
        'mask_classifier.onnx',
        'mask_classifier.json',
    }
    description = ModelDescription.load(path)
    expected = model.predict(faces, verbose=0)
    assert np.ptp(expected) > 0.01
    for backend in export.BACKENDS:
        found = load_mask_classifier(description, backend, 1).classify(faces)
        np.testing.assert_allclose(found[:, COLUMNS], expected, atol=1e-4)
    agreement = description.get('agreement', dict)
    assert 0 <= agreement['largest_difference'] < 1e-4 and agreement['faces'] == len(faces)


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


@pytest.mark.parametrize('writer', ['to_litert', 'to_onnx'])
def test_the_difference_is_that_of_the_files(
    model: Any, faces: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    other = type(model).from_config(model.get_config())
    expected = np.abs(other.predict(faces, verbose=0) - model.predict(faces, verbose=0)).max()
    assert expected > 2e-3
    write = getattr(export, writer)
    monkeypatch.setattr(export, writer, lambda _, path: write(other, path))
    with pytest.raises(ModelError, match=f'differ by {expected:.2g}'):
        export.export(model, DESCRIPTION, faces, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def pictures(tmp_path: Path, portrait: Image) -> Path:
    folder = tmp_path / 'pictures'
    folder.mkdir()
    cv2.imwrite(str(folder / 'face.png'), portrait)
    (folder / 'notes.txt').write_text('no picture')
    return folder


def test_a_trained_model_gets_the_export_that_it_lacks(
    model: Any, faces: np.ndarray, tmp_path: Path, pictures: Path
) -> None:
    folder = tmp_path / 'models'
    folder.mkdir()
    path = export.export(model, DESCRIPTION, faces, folder)
    content = json.loads(path.read_text())
    del content['files']['onnx'], content['agreement']
    path.write_text(json.dumps(content))
    (folder / 'mask_classifier.onnx').unlink()
    before = {each: each.read_bytes() for each in folder.iterdir() if each != path}

    assert export.main([str(folder), '--faces', str(pictures)]) == 0

    assert {each: each.read_bytes() for each in before} == before
    description = ModelDescription.load(path)
    assert description.get('agreement', dict)['faces'] == 1
    found = load_mask_classifier(description, 'opencv', 1).classify(faces)
    np.testing.assert_allclose(found[:, COLUMNS], model.predict(faces, verbose=0), atol=1e-4)


@pytest.mark.parametrize(
    ('damaged', 'sentence'),
    [
        ('mask_classifier.tflite', 'truncated or foreign'),
        ('pictures/face.png', 'no face was found'),
    ],
)
def test_what_cannot_be_completed_is_a_sentence_and_stays(
    model: Any,
    faces: np.ndarray,
    tmp_path: Path,
    pictures: Path,
    capsys: pytest.CaptureFixture[str],
    damaged: str,
    sentence: str,
) -> None:
    export.export(model, DESCRIPTION, faces, tmp_path)
    (tmp_path / damaged).write_bytes(b'damaged')
    before = {each: each.read_bytes() for each in tmp_path.glob('mask_classifier.*')}
    capsys.readouterr()
    assert export.main([str(tmp_path), '--faces', str(pictures)]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith('error: ') and sentence in error
    assert {each: each.read_bytes() for each in tmp_path.glob('mask_classifier.*')} == before
