# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The net: what comes out of it, and which part of it learns."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from mask_proximity.core.errors import ModelError
from support.drawn_faces import ALPHA
from training.model import HEADS, build_model, set_trainable

SIZE = 64


@pytest.fixture
def model(tiny_backbone: Path) -> keras.Model:
    return build_model('gap', 3, SIZE, str(tiny_backbone), ALPHA)


def learned(model: keras.Model) -> set[str]:
    """The layers that a step of training changes."""
    before = {layer.name: layer.get_weights() for layer in layers(model)}
    model.compile(keras.optimizers.Adam(0.01), loss='categorical_crossentropy')
    rng = np.random.default_rng(0)
    faces = rng.uniform(-1, 1, (4, SIZE, SIZE, 3)).astype(np.float32)
    model.fit(faces, np.eye(3, dtype=np.float32)[[0, 1, 2, 0]], epochs=1, verbose=0)
    return {
        layer.name
        for layer in layers(model)
        if any(
            not np.array_equal(old, new)
            for old, new in zip(before[layer.name], layer.get_weights(), strict=True)
        )
    }


def layers(model: keras.Model) -> list[keras.layers.Layer]:
    inner = model.get_layer('backbone').layers
    return [layer for layer in [*inner, *model.layers] if layer.name != 'backbone']


def test_a_frozen_backbone_stays_as_it_is(model: keras.Model) -> None:
    set_trainable(model, None)
    assert learned(model) == {'probabilities'}


def test_it_learns_from_the_named_layer_on_and_keeps_its_statistics(model: keras.Model) -> None:
    set_trainable(model, 'block_13_expand')
    names = learned(model)
    assert {'probabilities', 'block_13_expand', 'Conv_1'} <= names
    assert 'block_12_project' not in names
    # Keras trains BatchNorm's statistics in spite of training=False: this is what guards them.
    assert not [name for name in names if 'BN' in name or 'bn' in name]


def test_the_whole_backbone_can_learn(model: keras.Model) -> None:
    set_trainable(model, '')
    assert {'Conv1', 'Conv_1', 'probabilities'} <= learned(model)


@pytest.mark.parametrize('head', HEADS)
@pytest.mark.parametrize('classes', [2, 3])
def test_probabilities_come_out(head: str, classes: int, tiny_backbone: Path) -> None:
    size = 224 if head == 'tutorial' else SIZE
    model = build_model(head, classes, size, str(tiny_backbone), ALPHA)
    faces = np.zeros((2, size, size, 3), np.float32)
    probabilities = model.predict(faces, verbose=0)
    assert probabilities.shape == (2, classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)


def test_the_head_of_the_tutorial(tiny_backbone: Path) -> None:
    model = build_model('tutorial', 2, 224, str(tiny_backbone), ALPHA)
    kinds = [type(layer).__name__ for layer in model.layers[2:]]
    assert kinds == ['MaxPooling2D', 'Dense', 'Dense', 'Dropout', 'Flatten', 'Dense']
    units = [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert units == [720, 32, 2]


def test_mistakes_are_sentences(model: keras.Model) -> None:
    with pytest.raises(ModelError, match="no layer 'nowhere'"):
        set_trainable(model, 'nowhere')
    with pytest.raises(ModelError, match='there is no such file'):
        build_model('gap', 2, SIZE, 'nowhere.h5')
    with pytest.raises(ModelError, match='cannot be loaded'):
        build_model('gap', 2, SIZE, __file__)
