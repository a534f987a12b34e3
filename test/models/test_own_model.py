# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A model of one's own: any order of classes, any backend, integers or floats, calibrated."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest

from mask_proximity.core.classification.classifier import calibrated, load_mask_classifier
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.types import LABELS, FloatArray
from support.small_model import COLOURS, ROLES, faces, write_model

BACKENDS = ('litert', 'opencv', 'tensorflow')
FACES = faces()

pytestmark = [
    pytest.mark.xdist_group('tensorflow'),
    pytest.mark.tensorflow,
    pytest.mark.litert,
]


def expected(labels: tuple[str, ...]) -> FloatArray:
    """What the net must say, in the order of LABELS, by hand."""
    means = FACES.mean(axis=(1, 2), dtype=np.float64)
    scores = np.full((len(FACES), len(LABELS)), -np.inf)
    for label in labels:
        scores[:, LABELS.index(label)] = means @ np.array(COLOURS[label])
    powers = np.exp(scores)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def changed(description: ModelDescription, **changes: object) -> ModelDescription:
    return ModelDescription(description.path, {**description.content, **changes})


@pytest.fixture(scope='module')
def whole(tmp_path_factory: pytest.TempPathFactory) -> ModelDescription:
    """Three classes, every kind of file."""
    return write_model(tmp_path_factory.mktemp('whole'), LABELS, ROLES)


def test_the_classes_may_come_in_any_order(tmp_path: Path) -> None:
    orders = [*itertools.permutations(LABELS), ('mask', 'no_mask'), ('no_mask', 'mask')]
    for labels in orders:
        description = write_model(tmp_path, labels, ('onnx',))
        found = load_mask_classifier(description, 'opencv', 1).classify(FACES)
        np.testing.assert_allclose(found, expected(labels), atol=1e-5, err_msg=str(labels))
        if 'incorrect' not in labels:
            assert (found[:, LABELS.index('incorrect')] == 0.0).all()


@pytest.mark.parametrize('backend', BACKENDS)
@pytest.mark.parametrize('temperature', [None, 0.5, 1.7])
def test_every_backend_gives_calibrated_probabilities(
    whole: ModelDescription, backend: str, temperature: float | None
) -> None:
    description = whole if temperature is None else changed(whole, temperature=temperature)
    found = load_mask_classifier(description, backend, 1).classify(FACES)
    np.testing.assert_allclose(found, calibrated(expected(LABELS), temperature or 1.0), atol=1e-5)
    assert (np.ptp(found, axis=0) > 0.5).all(), 'every class was seen'


@pytest.mark.parametrize('role', ['int8', 'uint8'])
def test_integers_are_read_by_their_quantization(whole: ModelDescription, role: str) -> None:
    description = changed(whole, files={'litert': whole.content['files'][role]})
    found = load_mask_classifier(description, 'litert', 1).classify(FACES)
    np.testing.assert_allclose(found, expected(LABELS), atol=0.02)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize('backend', BACKENDS)
def test_a_net_without_softmax_is_refused(tmp_path: Path, backend: str) -> None:
    description = write_model(tmp_path, LABELS, activation='linear')
    classifier = load_mask_classifier(description, backend, 1)
    with pytest.raises(ModelError, match='expected probabilities that sum to 1'):
        classifier.classify(FACES)


@pytest.mark.parametrize('backend', BACKENDS)
@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        ({'labels': ['mask', 'no_mask']}, 'gives 3, but its description promises .* 2 labels'),
        ({'input_size': 32}, 'takes 16x16x3 and .* promises 32x32x3'),
    ],
)
def test_a_net_of_another_shape_is_refused(
    whole: ModelDescription, backend: str, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ModelError, match=sentence) as caught:
        load_mask_classifier(changed(whole, **changes), backend, 1)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('backend', 'role'), [('litert', 'litert'), ('opencv', 'onnx'), ('tensorflow', 'keras')]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, backend: str, role: str) -> None:
    description = write_model(tmp_path, LABELS, ())
    content = b'no net, for longer than any header'
    (tmp_path / 'mine.keras').write_bytes(content)
    entry = {'file': 'mine.keras', 'sha256': hashlib.sha256(content).hexdigest()}
    with pytest.raises(ModelError, match='mine.keras: .* cannot (load|run) this') as caught:
        load_mask_classifier(changed(description, files={role: entry}), backend, 1)
    assert '\n' not in str(caught.value)
