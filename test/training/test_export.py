# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A model is written whole and measured, or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_proximity.core.classification.classifier import calibrated, load_mask_classifier
from mask_proximity.core.classification.crops import PREPROCESSING
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.types import LABELS, Image
from support.forked import forked
from training import export
from training.export import FILES, LITERT_ROLES, LabelledFaces

SIZE = 16
DESCRIPTION: dict[str, Any] = {
    'name': 'mask_classifier',
    'labels': list(LABELS),
    'input_size': SIZE,
    'crop_margin': 0.1,
    'preprocessing': dict(PREPROCESSING),
    'temperature': 1.5,
}

# An export takes seconds on an idle machine; the suite keeps it busy. One group, since the tests
# share a model and its export.
pytestmark = [pytest.mark.xdist_group('export'), pytest.mark.timeout(600)]


def drawn(seed: int, count: int, classes: int = len(LABELS)) -> LabelledFaces:
    """Noise, brightest in the colour of its class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    faces = rng.uniform(-1, 0.6, (count, SIZE, SIZE, 3)).astype(np.float32)
    faces[np.arange(count), :, :, labels] += 0.4
    return LabelledFaces(faces, labels)


def learned(classes: int) -> Any:
    """A small net with the layers of MobileNetV2 that tells the classes of `drawn` apart."""
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding='same', use_bias=False)(inputs)
    x = keras.layers.BatchNormalization(momentum=0.8)(x)
    x = keras.layers.ReLU(6.0)(x)
    x = keras.layers.DepthwiseConv2D(3, padding='same', activation='relu6')(x)
    x = keras.layers.Conv2D(16, 1, activation='relu6')(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(classes, activation='softmax')(x)
    model = keras.Model(inputs, x)
    model.compile(keras.optimizers.Adam(0.01), 'sparse_categorical_crossentropy')
    train = drawn(1, 240, classes)
    model.fit(train.faces, train.labels, epochs=30, verbose=0)
    return model


@pytest.fixture(scope='module')
def model() -> Any:
    return learned(3)


def write(model: Any, folder: Path, description: dict[str, Any] | None = None) -> Path:
    classes = model.output_shape[1]
    return export.export(
        model,
        description or DESCRIPTION,
        drawn(1, 60, classes).faces,
        drawn(2, 30, classes),
        drawn(3, 45, classes),
        folder,
    )


@pytest.fixture(scope='module')
def written(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that no test changes."""
    return write(model, tmp_path_factory.mktemp('models'))


@pytest.fixture
def copied(written: Path, tmp_path: Path) -> Path:
    """The description of an export that a test may change."""
    shutil.copytree(written.parent, tmp_path / 'models')
    return tmp_path / 'models' / written.name


@pytest.fixture
def converted(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of `written` instead of conversions, for tests that are about what is done with them.

    That conversions give the model is shown on `written` and on the model of two classes.
    """

    def copy(role: str) -> Callable[..., None]:
        return lambda *given: shutil.copyfile(written.parent / FILES[role], given[-1])

    for role in FILES:
        if role != 'keras':
            name = 'to_' + role.replace('litert_float32', 'litert').removeprefix('litert_')
            monkeypatch.setattr(export, name, copy(role))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def as_default(description: ModelDescription, role: str) -> ModelDescription:
    files = description.content['files']
    content = {**description.content, 'files': {**files, 'litert': files[role]}}
    return ModelDescription(description.path, content)


def test_it_writes_all_files_and_nothing_else(written: Path) -> None:
    assert {each.name for each in written.parent.iterdir()} == {
        'mask_classifier.json',
        'mask_classifier.keras',
        'mask_classifier.onnx',
        'mask_classifier_float16.tflite',
        'mask_classifier_float32.tflite',
        'mask_classifier_int8.tflite',
    }
    description = ModelDescription.load(written)
    assert set(description.content['files']) == {*FILES, 'litert'}
    for role in description.content['files']:
        assert len(description.read(role)) == description.content['files'][role]['bytes']


def test_the_files_are_the_model(model: Any, written: Path) -> None:
    description = ModelDescription.load(written)
    faces = drawn(4, 30).faces
    expected = calibrated(model.predict(faces, verbose=0), 1.5)
    assert np.ptp(expected) > 0.5
    for role in LITERT_ROLES:
        found = load_mask_classifier(as_default(description, role), 'litert', 1).classify(faces)
        atol = {'litert_float32': 1e-5, 'litert_float16': 5e-3, 'litert_int8': 0.1}[role]
        np.testing.assert_allclose(found, expected, atol=atol)
    for backend in ('opencv', 'tensorflow'):
        found = load_mask_classifier(description, backend, 1).classify(faces)
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize('role', LITERT_ROLES)
def test_a_separable_task_stays_separated(written: Path, role: str) -> None:
    description = as_default(ModelDescription.load(written), role)
    faces = drawn(5, 90)
    found = load_mask_classifier(description, 'litert', 1).classify(faces.faces)
    assert (found.argmax(axis=1) == faces.labels).all()


def test_int8_computes_in_8_bits_and_serves_in_floats(written: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(written.parent / 'mask_classifier_int8.tflite'))
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert taken['dtype'] == given['dtype'] == np.float32
    kernels = [
        each
        for each in interpreter.get_tensor_details()
        if each['dtype'] == np.int8 and len(each['shape']) == 4 and each['shape'][0] != 1
    ]
    # A scale per channel.
    assert kernels and all(
        len(each['quantization_parameters']['scales']) == each['shape'][0] for each in kernels
    )
    interpreter.set_tensor(taken['index'], drawn(4, 1).faces)
    interpreter.invoke()
    # In steps of 1 / 256, all would be multiples.
    steps = interpreter.get_tensor(given['index']) * 256
    assert np.abs(steps - np.round(steps)).max() > 1e-3


def test_half_precision_halves_the_weights(tmp_path: Path) -> None:
    import keras

    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(128, activation='relu')(x)
    net = keras.Model(inputs, keras.layers.Dense(3, activation='softmax')(x))
    export.to_litert(net, tmp_path / 'float32.tflite')
    export.to_float16(tmp_path / 'float32.tflite', tmp_path / 'float16.tflite')
    before, after = ((tmp_path / f'float{n}.tflite').stat().st_size for n in (32, 16))
    assert 0.49 < after / before < 0.53


def test_the_description_tells_all(written: Path) -> None:
    content = json.loads(written.read_text())
    assert {key: content[key] for key in DESCRIPTION} == DESCRIPTION
    table = content['exports']['table']
    assert list(table) == list(FILES)
    assert content['exports']['machine'] and content['exports']['right'] == 'as labelled'
    for role, row in table.items():
        assert row['bytes'] == content['files'][role]['bytes']
        assert ('ms' in row) == (role != 'keras')
        if role != 'keras':
            assert set(row['ms']) == {'1', '2'} and all(ms > 0 for ms in row['ms'].values())
        for part, faces in (('val', 30), ('test', 45)):
            assert row[part]['faces'] == faces
            assert row[part]['accuracy'] == 1.0
            assert row[part]['unsafe'] == {'faces': 0, 'of': faces * 2 // 3}
    assert table['keras']['test']['largest_difference'] == 0
    assert table['litert_int8']['test']['largest_difference'] > 0
    assert content['agreement']['faces'] == 75
    assert 0 < content['agreement']['largest_difference'] < 1e-4
    default = content['default']
    assert default == {'rule': export.RULE, 'chosen': export.choose_default(table)}
    assert content['files']['litert'] == content['files'][default['chosen']]


PROBABILITIES = np.array(
    [[0.9, 0.0, 0.1], [0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.1, 0.0, 0.9]], np.float32
)


@pytest.mark.parametrize(
    ('face', 'answer', 'label', 'expected'),
    [
        # Called mask at once, whose wearer is bare: the worst.
        (3, [0.9, 0.0, 0.1], 2, {'changed_labels': 1, 'changed_states': 1, 'unsafe': 1}),
        # From doubt to mask, rightly.
        (1, [0.8, 0.1, 0.1], 0, {'changed_labels': 0, 'changed_states': 1, 'unsafe': 0}),
        # From doubt to mask, of somebody who wears it wrong.
        (1, [0.8, 0.1, 0.1], 1, {'changed_labels': 0, 'changed_states': 1, 'unsafe': 1}),
        # Wrong, as Keras is.
        (0, [0.8, 0.1, 0.1], 2, {'changed_labels': 0, 'changed_states': 0, 'unsafe': 0}),
        # How it is worn changes, and the label with it.
        (2, [0.2, 0.3, 0.5], 1, {'changed_labels': 1, 'changed_states': 1, 'unsafe': 0}),
        # The other way is no danger.
        (0, [0.1, 0.0, 0.9], 0, {'changed_labels': 1, 'changed_states': 1, 'unsafe': 0}),
    ],
)
def test_what_an_export_changes_is_counted(
    face: int, answer: list[float], label: int, expected: dict[str, int]
) -> None:
    labels = PROBABILITIES.argmax(axis=1)
    labels[face] = label
    answers = PROBABILITIES.copy()
    answers[face] = answer
    result = export.compare(PROBABILITIES, answers, labels)
    right = int((answers.argmax(axis=1) == labels).sum())
    assert result['accuracy'] == right / 4
    assert result['unsafe']['of'] == int((labels != 0).sum())
    found = {**result, 'unsafe': result['unsafe']['faces']}
    assert {key: found[key] for key in expected} == expected
    largest = np.abs(PROBABILITIES[face] - answers[face]).max()
    assert result['largest_difference'] == pytest.approx(largest, rel=0.05)


def test_without_labels_keras_is_right() -> None:
    answers = PROBABILITIES[[0, 1, 2, 0]]
    result = export.compare(PROBABILITIES, answers)
    assert result['accuracy'] == 0.75 and result['unsafe'] == {'faces': 1, 'of': 2}


def row(
    megabytes: float, milliseconds: float, accuracy: float = 0.99, unsafe: int = 0
) -> dict[str, Any]:
    return {
        'bytes': int(megabytes * 1e6),
        'ms': {'1': 1.0, '2': milliseconds},
        'val': {'accuracy': accuracy, 'unsafe': {'faces': unsafe, 'of': 1000}},
        # On these nothing may depend.
        'test': {'accuracy': 1.0 - accuracy, 'unsafe': {'faces': 5 - unsafe, 'of': 5}},
    }


@pytest.mark.parametrize(
    ('float32', 'float16', 'int8', 'chosen'),
    [
        (row(9, 4), row(4.5, 4), row(2.7, 2), 'litert_int8'),
        (row(9, 1), row(4.5, 4), row(2.7, 5), 'litert_float16'),
        (row(5, 1), row(4.5, 4), row(2.7, 5), 'litert_float32'),
        (row(5.1, 1), row(4.5, 4), row(2.7, 4.1), 'litert_float16'),
        (row(9, 4), row(4.5, 4), row(2.7, 2, accuracy=0.988), 'litert_int8'),
        (row(9, 4), row(4.5, 4), row(2.7, 2, accuracy=0.9879), 'litert_float16'),
        (row(9, 4), row(4.5, 4, accuracy=0.991), row(2.7, 2, accuracy=0.5), 'litert_float16'),
        (row(9, 4), row(4.5, 4), row(2.7, 2, unsafe=1), 'litert_int8'),
        (row(9, 4), row(4.5, 4), row(2.7, 2, unsafe=2), 'litert_float16'),
        (row(9, 4), row(5.1, 4), row(2.7, 2, unsafe=2), 'litert_float32'),
    ],
)
def test_the_default_follows_its_rule(
    float32: dict[str, Any], float16: dict[str, Any], int8: dict[str, Any], chosen: str
) -> None:
    # Neither Keras nor OpenCV is a LiteRT file, however fast.
    table = {
        'keras': row(1, 0.1),
        'litert_float32': float32,
        'litert_float16': float16,
        'litert_int8': int8,
        'onnx': row(1, 0.1),
    }
    assert export.choose_default(table) == chosen


def test_without_unmasked_faces_none_is_unsafe() -> None:
    table = {role: row(1, 1) for role in FILES}
    for each in table.values():
        each['val']['unsafe'] = {'faces': 0, 'of': 0}
    table['litert_int8']['ms']['2'] = 0.5
    assert export.choose_default(table) == 'litert_int8'


@pytest.mark.parametrize('writer', ['to_litert', 'to_onnx'])
def test_files_that_differ_are_not_written(
    model: Any, copied: Path, request: pytest.FixtureRequest, writer: str
) -> None:
    other = type(model).from_config(model.get_config())
    writing = getattr(export, writer)
    request.getfixturevalue('converted')
    monkeypatch = request.getfixturevalue('monkeypatch')
    monkeypatch.setattr(export, writer, lambda _, path: writing(other, path))
    before = contents(copied.parent)
    with pytest.raises(ModelError, match=r'differ by 0\.\d+ .*nothing was written'):
        write(model, copied.parent)
    assert contents(copied.parent) == before
    assert len(list(copied.parent.iterdir())) == len(before)


@pytest.mark.parametrize(
    'step', ['to_litert', 'to_float16', 'to_int8', 'to_onnx', 'measure', 'choose_default']
)
def test_a_failure_half_way_leaves_what_was_there(
    model: Any, copied: Path, converted: None, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError('the disk is full')

    monkeypatch.setattr(export, step, fail)
    before = contents(copied.parent)
    with pytest.raises(OSError, match='the disk is full'):
        write(model, copied.parent)
    assert contents(copied.parent) == before
    assert len(list(copied.parent.iterdir())) == len(before)


def without(*roles: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        content = json.loads(path.read_text())
        content['files']['litert'] = content['files']['litert_float32']
        for role in roles:
            (path.parent / content['files'].pop(role)['file']).unlink()
        for key in ('exports', 'default', 'agreement'):
            del content[key]
        path.write_text(json.dumps(content))

    return change


@pytest.fixture
def pictures(tmp_path: Path, portrait: Image) -> Path:
    folder = tmp_path / 'pictures'
    folder.mkdir()
    cv2.imwrite(str(folder / 'face.png'), portrait)
    (folder / 'notes.txt').write_text('no picture')
    return folder


def test_a_trained_model_gets_the_exports_that_it_lacks(
    copied: Path, pictures: Path, converted: None
) -> None:
    without('onnx', 'litert_int8')(copied)
    before = contents(copied.parent)
    del before[copied.name]

    assert export.main([str(copied.parent), '--faces', str(pictures)]) == 0

    after = contents(copied.parent)
    assert {name: after[name] for name in before} == before
    assert {'mask_classifier.onnx', 'mask_classifier_int8.tflite'} == (
        after.keys() - before.keys() - {copied.name}
    )
    description = ModelDescription.load(copied)
    exports = description.get('exports', dict)
    assert exports['right'] == 'as Keras answers'
    assert exports['table']['onnx']['val']['faces'] == 1 and 'test' not in exports['table']['onnx']


def test_a_model_of_two_classes_from_before_gets_all(tmp_path: Path, pictures: Path) -> None:
    folder = tmp_path / 'old'
    folder.mkdir()
    two = {**DESCRIPTION, 'labels': ['mask', 'no_mask']}
    del two['temperature']
    model = learned(2)
    keras, float32 = folder / 'mask_classifier.keras', folder / 'mask_classifier.tflite'
    model.save(keras)
    export.to_litert(model, float32)
    files = {
        role: {
            'file': file.name,
            'bytes': file.stat().st_size,
            'sha256': hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for role, file in {'keras': keras, 'litert': float32}.items()
    }
    path = folder / 'mask_classifier.json'
    path.write_text(json.dumps({**two, 'files': files}))
    before = float32.read_bytes()

    assert export.main([str(folder), '--faces', str(pictures)]) == 0

    description = ModelDescription.load(path)
    assert description.file('litert_float32') == float32 and float32.read_bytes() == before
    assert {name for name in contents(folder) if name.endswith('.tflite')} == {
        'mask_classifier.tflite',
        'mask_classifier_float16.tflite',
        'mask_classifier_int8.tflite',
    }
    faces = drawn(4, 30, 2)
    answers = {
        backend: load_mask_classifier(description, backend, 1).classify(faces.faces)
        for backend in ('litert', 'opencv', 'tensorflow')
    }
    np.testing.assert_allclose(answers['opencv'], answers['tensorflow'], atol=1e-5)
    for found in answers.values():
        assert not found[:, LABELS.index('incorrect')].any()
        called = np.array(description.content['labels'])[faces.labels]
        assert [LABELS[i] for i in found.argmax(axis=1)] == called.tolist()


def test_a_whole_model_is_left_alone(
    copied: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(copied.parent)
    assert export.main([str(copied.parent), '--faces', str(pictures)]) == 0
    assert 'nothing was changed' in capsys.readouterr().out
    assert contents(copied.parent) == before


@pytest.mark.parametrize(
    ('damaged', 'sentence'),
    [
        ('models/mask_classifier_float32.tflite', 'truncated or belongs to another model'),
        ('pictures/face.png', 'no face was found'),
    ],
)
def test_what_cannot_be_completed_is_a_sentence_and_stays(
    copied: Path,
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damaged: str,
    sentence: str,
) -> None:
    without('onnx')(copied)
    (tmp_path / damaged).write_bytes(b'damaged')
    before = contents(copied.parent)
    capsys.readouterr()
    assert export.main([str(copied.parent), '--faces', str(pictures)]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith('error: ') and sentence in error
    assert contents(copied.parent) == before


def test_a_killed_export_leaves_what_was_there_and_the_next_one_ends(
    copied: Path, pictures: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    without('onnx', 'litert_int8')(copied)
    before = contents(copied.parent)
    scratch = copied.parent / export.SCRATCH
    arguments = (copied.parent, '--faces', pictures)
    with forked('training.export', arguments, tmp_path / 'log') as process:
        process.until((scratch / 'mask_classifier.keras').exists)
        assert process.kill() == -signal.SIGKILL
    assert scratch.is_dir()
    assert contents(copied.parent) == before
    description = ModelDescription.load(copied)
    assert load_mask_classifier(description, 'litert', 1).classify(drawn(4, 1).faces).shape == (
        1,
        3,
    )

    request.getfixturevalue('converted')
    assert export.main([str(copied.parent), '--faces', str(pictures)]) == 0
    assert not scratch.exists()
    assert set(ModelDescription.load(copied).content['files']) == {*FILES, 'litert'}
