# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Models are verified before they are used."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import (
    FACE_SSD,
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the face detector that a test may break."""
    source = ModelDescription.load(models_directory() / FACE_SSD)
    shutil.copy(source.path, tmp_path)
    for role in source.content['files']:
        shutil.copy(source.file(role), tmp_path)
    return tmp_path / FACE_SSD


def test_every_file_of_the_package_is_what_it_should_be() -> None:
    folder = models_directory()
    descriptions = [ModelDescription.load(path) for path in folder.glob('*.json')]
    assert {d.path.name for d in descriptions} == {FACE_SSD, MASK_CLASSIFIER}
    for description in descriptions:
        for role, entry in description.content['files'].items():
            assert len(description.read(role)) == entry['bytes']
        assert description.get('licence', str)
        assert description.get('source', str)


def test_a_truncated_file_is_named_with_both_hashes(copied: Path) -> None:
    weights = copied.parent / 'face_ssd.caffemodel'
    content = weights.read_bytes()[:-1000]
    weights.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        SsdFaceDetector(ModelDescription.load(copied))
    sentence = str(caught.value)
    expected = json.loads(copied.read_text())['files']['caffemodel']['sha256']
    assert str(weights) in sentence
    assert hashlib.sha256(content).hexdigest() in sentence
    assert expected in sentence
    assert 'truncated or belongs to another model' in sentence


def test_a_foreign_file_of_the_right_length_is_refused(copied: Path) -> None:
    weights = copied.parent / 'face_ssd.caffemodel'
    weights.write_bytes(bytes(weights.stat().st_size))
    with pytest.raises(ModelError, match='not the expected model file'):
        SsdFaceDetector(ModelDescription.load(copied))


def test_a_missing_file_is_named(copied: Path) -> None:
    (copied.parent / 'face_ssd.caffemodel').unlink()
    with pytest.raises(ModelError, match=r'face_ssd\.caffemodel: .* cannot be read .*sha256'):
        SsdFaceDetector(ModelDescription.load(copied))


@pytest.mark.parametrize(
    ('content', 'sentence'),
    [
        (None, 'there is no such file'),
        (b'{', 'cannot be read'),
        (b'\xff\xfe\x00', 'cannot be read'),
        (b'[]', "with a 'files' table"),
        (b'{"files": 3}', "with a 'files' table"),
    ],
)
def test_a_bad_description_gets_a_sentence(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / 'model.json'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=sentence) as caught:
        ModelDescription.load(path)
    assert str(path) in str(caught.value)


def test_a_file_that_the_model_lacks(copied: Path) -> None:
    with pytest.raises(ModelError, match="no 'onnx' file; it has: caffemodel, litert"):
        ModelDescription.load(copied).read('onnx')


def test_a_value_of_the_wrong_type(copied: Path) -> None:
    with pytest.raises(ModelError, match="needs 'mean' of type str"):
        ModelDescription.load(copied).get('mean', str)
