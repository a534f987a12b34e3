# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A tiny set of drawn faces, and a small backbone for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from support.drawn_faces import ALPHA, COUNTS, draw_face


@pytest.fixture
def tiny_data(tmp_path: Path) -> Callable[[bool], Path]:
    """Makes a folder of training data; with shuffled labels if asked to.

    Beside it lies split.csv: drawn faces are too much alike for the honest split.
    """

    def make(shuffled: bool) -> Path:
        rng = np.random.default_rng(5)
        lines = ['photo,split']
        for split, count in COUNTS.items():
            masked = np.arange(count) % 2 == 0
            labels = rng.permutation(masked) if shuffled else masked
            for number in range(count):
                name = 'mask' if labels[number] else 'face'
                folder = tmp_path / 'data' / 'crops' / 'tiny' / split / name
                folder.mkdir(parents=True, exist_ok=True)
                picture = draw_face(rng, bool(masked[number]))
                path = folder / f'{number}.png'
                assert cv2.imwrite(str(path), picture)
                lines.append(f'{path.relative_to(tmp_path / "data").as_posix()},{split}')
        (tmp_path / 'split.csv').write_text('\n'.join(lines), encoding='utf-8')
        return tmp_path / 'data'

    return make


@pytest.fixture(scope='session')
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights whose activations neither vanish nor explode, for --backbone-weights PATH."""
    import keras

    keras.utils.set_random_seed(3)
    net = keras.applications.MobileNetV2(
        input_shape=(224, 224, 3), alpha=ALPHA, include_top=False, weights=None, pooling='avg'
    )
    for layer in net.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # one batch sets the statistics
    rng = np.random.default_rng(3)
    faces = np.stack([cv2.resize(draw_face(rng, bool(i % 2)), (224, 224)) for i in range(8)])
    net(faces.astype(np.float32) / 127.5 - 1.0, training=True)
    path = tmp_path_factory.mktemp('backbone') / 'tiny.weights.h5'
    net.save_weights(path)
    return path
