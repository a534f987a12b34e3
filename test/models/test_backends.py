# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The committed classifier: all its files are one model, verified, and not fooled by easy faces."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.classification.classifier import MaskClassifier, load_mask_classifier
from mask_proximity.core.classification.crops import PREPROCESSING, crop_face, crop_faces
from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import FACE_SSD, MASK_CLASSIFIER, ModelDescription
from mask_proximity.core.types import LABELS, Box, FloatArray, Image

MODELS = Path(__file__).resolve().parent.parent.parent / 'models'
BACKENDS = {'litert': 'litert', 'opencv': 'onnx', 'tensorflow': 'keras'}
FACE = Box(179, 58, 272, 177)
AGREEMENT = 1e-3

pytestmark = pytest.mark.xdist_group('tensorflow')
each_backend = pytest.mark.parametrize(
    'backend',
    [
        pytest.param('litert', marks=pytest.mark.litert),
        'opencv',
        pytest.param('tensorflow', marks=pytest.mark.tensorflow),
    ],
)


@pytest.fixture(scope='module')
def description() -> ModelDescription:
    return ModelDescription.load(MODELS / MASK_CLASSIFIER)


@pytest.fixture(scope='module')
def classifiers(description: ModelDescription) -> dict[str, MaskClassifier]:
    # The default of the LiteRT files may be one of fewer bits.
    files = dict(description.content['files'])
    files['litert'] = files.get('litert_float32', files['litert'])
    exact = ModelDescription(description.path, {**description.content, 'files': files})
    return {backend: load_mask_classifier(exact, backend, 2) for backend in BACKENDS}


def largest_difference(classifiers: dict[str, MaskClassifier], faces: FloatArray) -> float:
    """Between any two backends; the faces must be worth comparing on."""
    results = [classifier.classify(faces) for classifier in classifiers.values()]
    assert len(results) == len(BACKENDS)
    for probabilities in results:
        assert probabilities.shape == (len(faces), len(LABELS))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-4)
        assert np.ptp(probabilities[:, 0]) > 0.5, 'all faces look alike to the model'
    return float(np.ptp(results, axis=0).max())


def masked(portrait: Image) -> Image:
    """The portrait with a pale blue quadrilateral over nose, mouth and chin."""
    picture = portrait.copy()
    corners = np.array([(186, 122), (225, 113), (265, 122), (255, 165), (226, 182), (196, 165)])
    cv2.fillPoly(picture, [corners], (235, 215, 190), cv2.LINE_AA)
    return picture


@pytest.mark.litert
@pytest.mark.tensorflow
def test_the_backends_agree_on_a_portrait(
    classifiers: dict[str, MaskClassifier], portrait: Image
) -> None:
    spec = classifiers['litert'].crop_spec
    faces = [crop_faces(picture, [FACE], spec) for picture in (portrait, masked(portrait))]
    rng = np.random.default_rng(0)
    for picture in (portrait, masked(portrait)):
        for _ in range(15):
            varied = cv2.convertScaleAbs(picture, alpha=rng.uniform(0.4, 1.2))
            dx, dy = rng.uniform(-25, 25, 2)
            box = Box(FACE.x1 + dx, FACE.y1 + dy, FACE.x2 + dx, FACE.y2 + dy)
            faces.append(crop_faces(varied, [box], spec))
    assert largest_difference(classifiers, np.concatenate(faces)) < AGREEMENT


@pytest.mark.litert
@pytest.mark.tensorflow
def test_the_backends_agree_on_real_crops(
    description: ModelDescription, classifiers: dict[str, MaskClassifier], data: Path
) -> None:
    detector = SsdFaceDetector(ModelDescription.load(MODELS / FACE_SSD))
    faces, labels = [], []
    for folder, label in {'mask': 'mask', 'face': 'no_mask'}.items():
        paths = sorted((data / 'crops' / 'abcom' / 'test' / folder).iterdir())
        for path in paths[:: max(1, len(paths) // 20)]:
            picture = cv2.imread(str(path))
            found = [
                each
                for each in detector.detect(picture, 0.5)
                if crop_face(picture, each.box, 0.0) is not None
            ]
            if found:
                box = max(found, key=lambda each: each.score).box
                spec = classifiers['litert'].crop_spec
                faces.append(crop_faces(picture, [box], spec))
                labels.append(LABELS.index(label))
    assert min(labels.count(label) for label in set(labels)) >= 10
    batch = np.concatenate(faces)
    assert largest_difference(classifiers, batch) < AGREEMENT
    served = load_mask_classifier(description, 'litert', 2).classify(batch)
    assert (served.argmax(axis=1) == labels).mean() > 0.9
    assert np.abs(served - classifiers['litert'].classify(batch)).mean() < 0.02


@each_backend
def test_a_portrait_is_bare_and_with_a_drawn_mask_masked(
    description: ModelDescription, backend: str, portrait: Image
) -> None:
    classifier = load_mask_classifier(description, backend, 2)
    for picture, label in ((portrait, 'no_mask'), (masked(portrait), 'mask')):
        ((*probabilities,),) = classifier.classify(
            crop_faces(picture, [FACE], classifier.crop_spec)
        )
        assert probabilities[LABELS.index(label)] > 0.75


@each_backend
@pytest.mark.parametrize('damage', ['truncated', 'foreign'])
def test_a_damaged_file_is_one_sentence_with_path_and_hashes(
    description: ModelDescription, tmp_path: Path, backend: str, damage: str
) -> None:
    role = BACKENDS[backend]
    copy = ModelDescription.load(Path(shutil.copy(description.path, tmp_path)))
    content = description.read(role)
    wrong = content[: len(content) // 2] if damage == 'truncated' else content[::-1]
    copy.file(role).write_bytes(wrong)
    with pytest.raises(ModelError) as caught:
        load_mask_classifier(copy, backend, 1)
    sentence = str(caught.value)
    assert '\n' not in sentence
    assert str(copy.file(role)) in sentence
    assert hashlib.sha256(wrong).hexdigest() in sentence
    assert hashlib.sha256(content).hexdigest() in sentence
    # The same place serves again once the file is whole.
    copy.file(role).write_bytes(content)
    load_mask_classifier(copy, backend, 1)


def test_the_description_is_complete(description: ModelDescription) -> None:
    assert description.get('name', str) == 'mask_classifier'
    for key in ('what', 'licence', 'source'):
        assert description.get(key, str)
    assert description.get('preprocessing', dict) == PREPROCESSING
    assert {'mask', 'no_mask'} <= set(description.get('labels', list)) <= set(LABELS)
    assert set(BACKENDS.values()) <= set(description.content['files'])
    assert {'seed', 'epochs', 'date', 'data', 'versions'} <= set(description.get('training', dict))
    text = description.path.read_text(encoding='utf-8')
    assert '/home' not in text and '/root' not in text and '"/' not in text
