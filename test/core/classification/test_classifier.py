# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask classifier on the backends that a robot has."""

from __future__ import annotations

import hashlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.classification.classifier import (
    MaskClassifier,
    calibrated,
    load_mask_classifier,
)
from mask_proximity.core.classification.crops import PREPROCESSING, crop_faces
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import (
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.types import LABELS, Box, FloatArray, Image


@pytest.fixture(scope='module')
def description() -> ModelDescription:
    return ModelDescription.load(models_directory() / MASK_CLASSIFIER)


@pytest.fixture(scope='module', params=[pytest.param('litert', marks=pytest.mark.litert), 'opencv'])
def classifier(description: ModelDescription, request: pytest.FixtureRequest) -> MaskClassifier:
    return load_mask_classifier(description, request.param, threads=1)


def without(description: ModelDescription, *roles: str) -> ModelDescription:
    """The description of a model that lacks some of its files."""
    files = {role: entry for role, entry in description.content['files'].items()}
    for role in roles:
        del files[role]
    return ModelDescription(description.path, {**description.content, 'files': files})


rows = st.lists(
    st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3).filter(lambda row: sum(row) > 0.01),
    min_size=1,
    max_size=5,
).map(lambda rows: np.array([np.array(row) / sum(row) for row in rows], np.float32))
temperatures = st.floats(0.01, 100.0)


@given(rows, temperatures)
def test_calibrated_rows_are_probabilities_with_the_same_winner(
    probabilities: FloatArray, temperature: float
) -> None:
    result = calibrated(probabilities, temperature)
    assert result.dtype == np.float32 and result.shape == probabilities.shape
    assert (result >= 0).all()
    np.testing.assert_allclose(result.sum(axis=1), 1.0, atol=1e-6)
    winners = probabilities.argmax(axis=1)
    np.testing.assert_array_equal(result[np.arange(len(result)), winners], result.max(axis=1))
    order = np.argsort(probabilities, axis=1, kind='stable')
    assert (np.diff(np.take_along_axis(result, order, axis=1), axis=1) >= 0).all(), 'monotone'


@given(rows)
def test_temperature_one_changes_nothing(probabilities: FloatArray) -> None:
    np.testing.assert_allclose(calibrated(probabilities, 1.0), probabilities, atol=1e-6)


@given(rows, temperatures, temperatures)
def test_the_hotter_the_less_sure(probabilities: FloatArray, one: float, other: float) -> None:
    colder, hotter = (calibrated(probabilities, t).max(axis=1) for t in sorted((one, other)))
    assert (hotter <= colder + 1e-6).all()


@pytest.mark.parametrize(
    ('row', 'temperature', 'expected'),
    [
        ([1.0, 0.0, 0.0], 3.0, [1.0, 0.0, 0.0]),
        ([1.0, 0.0, 0.0], 1e-300, [1.0, 0.0, 0.0]),
        ([0.8, 0.2], 2.0, [2 / 3, 1 / 3]),
        ([0.5, 0.5, 0.0], 1e300, [0.5, 0.5, 0.0]),
        # As int8 nets round: no sum of 1, and below 0.
        ([255 / 256, 0.0, -1 / 256], 1.0, [1.0, 0.0, 0.0]),
        ([128 / 256, 64 / 256, 65 / 256], 0.5, [0.6631, 0.1658, 0.1710]),
        ([1e-45, 1.0, 1e-45], 1.0, [0.0, 1.0, 0.0]),
    ],
)
def test_calibrated_at_its_ends(
    row: list[float], temperature: float, expected: list[float]
) -> None:
    (result,) = calibrated(np.array([row], np.float32), temperature)
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_a_bare_face_is_bare(classifier: MaskClassifier, portrait: Image) -> None:
    batch = crop_faces(portrait, [Box(179, 58, 272, 177)], classifier.crop_spec)
    (probabilities,) = classifier.classify(batch)
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-4)
    assert probabilities[LABELS.index('no_mask')] > 0.75


def test_no_faces_no_probabilities(classifier: MaskClassifier) -> None:
    size = classifier.crop_spec.size
    assert classifier.classify(np.empty((0, size, size, 3), np.float32)).shape == (0, 3)


SHORT = {'file': 'a.onnx', 'bytes': 6}
MISFITS: dict[str, tuple[dict[str, object], str]] = {
    'no labels': ({'labels': None}, "needs 'labels' of type list, but it has None"),
    'foreign labels': (
        {'labels': ['hat', 'no_hat']},
        r"has the labels \['hat', 'no_hat'\], expected 'mask', 'no_mask' and perhaps 'incorrect'",
    ),
    'one label too many': ({'labels': [*LABELS, 'hat']}, 'each once, in the order of its outputs'),
    'a label twice': ({'labels': ['mask', 'mask', 'no_mask']}, 'each once'),
    'only bare': ({'labels': ['incorrect', 'no_mask']}, "expected 'mask', 'no_mask'"),
    'labels that are none': ({'labels': [0, {}]}, "expected 'mask', 'no_mask'"),
    'another number of labels': (
        {},
        r'takes \d+x\d+x3 and gives \d, but its description promises .* labels',
    ),
    'another size': ({'input_size': 100}, '100'),
    'no size': ({'input_size': None}, "needs 'input_size' of type int from 8 to 1024, .* None"),
    'a size of a half': ({'input_size': 224.5}, 'but it has 224.5'),
    'a truth for a size': ({'input_size': True}, 'but it has True'),
    'a size beyond reason': ({'input_size': 10**9}, 'from 8 to 1024, but it has 1000000000'),
    'no margin': ({'crop_margin': '0.3'}, "'crop_margin' of type int or float from 0 to 1"),
    'a negative margin': ({'crop_margin': -0.1}, 'from 0 to 1, but it has -0.1'),
    'a margin beyond reason': ({'crop_margin': 30}, 'from 0 to 1, but it has 30'),
    'a margin that is no number': ({'crop_margin': math.nan}, 'but it has nan'),
    'a temperature of zero': ({'temperature': 0}, "needs 'temperature' .* but it has 0"),
    'a negative temperature': ({'temperature': -1.5}, 'but it has -1.5'),
    'an infinite temperature': ({'temperature': math.inf}, 'but it has inf'),
    'a temperature that is no number': ({'temperature': math.nan}, 'but it has nan'),
    'a temperature beyond a float': ({'temperature': 10**400}, 'but it has 1000'),
    'a temperature in words': ({'temperature': 'hot'}, "but it has 'hot'"),
    'an empty temperature': ({'temperature': None}, 'but it has None'),
    'no preprocessing': ({'preprocessing': None}, "preprocessing is None, expected {'colours'"),
    'another preprocessing': (
        {'preprocessing': {**PREPROCESSING, 'range': [0.0, 1.0]}},
        r'preprocessing is .*\[0.0, 1.0\].*, expected .*\[-1.0, 1.0\]',
    ),
    'no files': ({'files': {}}, "no 'onnx' file; it has: none"),
    'a file without hash': ({'files': {'onnx': SHORT}}, "expected an object with 'file' and 'sha"),
    'a file that is not there': (
        {'files': {'onnx': {**SHORT, 'sha256': 'ab'}}},
        'a.onnx: this model file cannot be read .*expected 6 bytes with sha256 ab',
    ),
}


@pytest.mark.parametrize('name', MISFITS)
def test_a_model_that_does_not_fit_its_description_gets_a_sentence(
    description: ModelDescription, name: str
) -> None:
    changes, sentence = MISFITS[name]
    if name == 'another number of labels':
        known = description.get('labels', list)
        changes = {'labels': [label for label in LABELS if len(known) == 2 or label != 'incorrect']}
    misfit = ModelDescription(description.path, {**description.content, **changes})
    with pytest.raises(ModelError, match=sentence) as caught:
        load_mask_classifier(misfit, 'opencv', 1)
    assert '\n' not in str(caught.value) and str(description.path.parent) in str(caught.value)


@pytest.mark.parametrize('range_', [[-1, 1], [-1.0, 1.0]])
def test_numbers_may_be_written_either_way(
    description: ModelDescription, range_: list[float]
) -> None:
    changes = {'preprocessing': {**PREPROCESSING, 'range': range_}, 'temperature': 2}
    assert load_mask_classifier(
        ModelDescription(description.path, {**description.content, **changes}), 'opencv', 1
    )


@pytest.mark.litert
def test_a_net_that_diverges_is_a_model_error(description: ModelDescription) -> None:
    # On LiteRT in float32, since OpenCV's ReLU6 and int8 make numbers of NaN.
    files = description.content['files']
    float32 = {**description.content, 'files': {**files, 'litert': files['litert_float32']}}
    classifier = load_mask_classifier(ModelDescription(description.path, float32), 'litert', 1)
    size = classifier.crop_spec.size
    with pytest.raises(ModelError, match='expected probabilities that sum to 1'):
        classifier.classify(np.full((1, size, size, 3), np.nan, np.float32))


@pytest.mark.parametrize('threads', [0, 1, 2])
def test_a_batch_says_what_each_face_alone_says(
    description: ModelDescription, portrait: Image, threads: int
) -> None:
    classifier = load_mask_classifier(description, 'auto', threads)
    # Four go through LiteRT together.
    boxes = [Box(179 + shift, 58, 272 + shift, 177) for shift in range(-40, 50, 10)]
    batch = crop_faces(portrait, boxes, classifier.crop_spec)
    together = classifier.classify(batch)
    alone = np.concatenate([classifier.classify(face[None]) for face in batch])
    np.testing.assert_array_equal(together, alone)
    assert np.ptp(together[:, 0]) > 0.01, 'all faces look alike to the model'


@pytest.mark.litert
def test_auto_is_litert_where_it_is_installed(description: ModelDescription) -> None:
    assert load_mask_classifier(description, 'auto', 1).name == 'litert'
    assert load_mask_classifier(without(description, 'onnx'), 'auto', 1).name == 'litert'
    assert load_mask_classifier(without(description, 'litert'), 'auto', 1).name == 'opencv'


def test_auto_is_opencv_where_litert_is_not(
    description: ModelDescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'ai_edge_litert.interpreter', None)
    assert load_mask_classifier(description, 'auto', 1).name == 'opencv'
    with pytest.raises(ModelError, match="'pip install ai-edge-litert'"):
        load_mask_classifier(without(description, 'onnx'), 'auto', 1)


def test_auto_is_opencv_where_litert_does_not_load(
    description: ModelDescription, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / 'ai_edge_litert'
    package.mkdir()
    (package / '__init__.py').touch()
    (package / 'interpreter.py').write_text("raise OSError('libc.so.6: too old')\n")
    loaded = [name for name in sys.modules if name.split('.')[0] == 'ai_edge_litert']
    for name in {'ai_edge_litert', *loaded}:
        # Noted by monkeypatch, so that our package goes and the real one comes back in the end.
        monkeypatch.setitem(sys.modules, name, None)
        del sys.modules[name]
    monkeypatch.syspath_prepend(tmp_path)
    assert load_mask_classifier(description, 'auto', 1).name == 'opencv'


@pytest.mark.parametrize(
    ('backend', 'module', 'advice'),
    [
        ('litert', 'ai_edge_litert.interpreter', 'set mask_backend to opencv'),
        ('tensorflow', 'tensorflow', 'set mask_backend to auto'),
    ],
)
def test_a_backend_that_is_not_installed_gets_a_sentence(
    description: ModelDescription,
    monkeypatch: pytest.MonkeyPatch,
    backend: str,
    module: str,
    advice: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModelError, match=f'mask_backend {backend} needs .*{advice}$') as caught:
        load_mask_classifier(description, backend, 1)
    assert '\n' not in str(caught.value)


def test_a_file_that_is_no_net_gets_a_sentence(
    description: ModelDescription, tmp_path: Path
) -> None:
    content = b'no net'
    (tmp_path / 'a.onnx').write_bytes(content)
    entry = {'file': 'a.onnx', 'bytes': 6, 'sha256': hashlib.sha256(content).hexdigest()}
    foreign = ModelDescription(
        tmp_path / 'a.json', {**description.content, 'files': {'onnx': entry}}
    )
    with pytest.raises(ModelError, match='cannot run this classifier') as caught:
        load_mask_classifier(foreign, 'opencv', 1)
    assert str(tmp_path / 'a.onnx') in str(caught.value) and '\n' not in str(caught.value)


def test_an_unknown_backend_gets_a_sentence(description: ModelDescription) -> None:
    expected = "expected 'auto', 'litert', 'opencv' or 'tensorflow'"
    with pytest.raises(ModelError, match=expected):
        load_mask_classifier(description, 'torch', 1)
