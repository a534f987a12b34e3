# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A mask classifier of a few weights, written as every kind of file that serving reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mask_proximity.core.classification.crops import PREPROCESSING
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.types import FloatArray

SIZE = 16
# What blue, green and red of the mean of a face say of each class; RGB.
COLOURS = {'mask': (0.0, 0.0, 6.0), 'incorrect': (0.0, 6.0, 0.0), 'no_mask': (6.0, 0.0, 0.0)}
ROLES = ('keras', 'litert', 'onnx', 'int8', 'uint8')


def faces(count: int = 24) -> FloatArray:
    """Faces of many colours, as crop_faces makes them."""
    rng = np.random.default_rng(5)
    means = rng.uniform(-0.8, 0.8, (count, 1, 1, 3))
    return (means + rng.uniform(-0.2, 0.2, (count, SIZE, SIZE, 3))).astype(np.float32)


def write_model(
    folder: Path,
    labels: Sequence[str],
    roles: Sequence[str] = ROLES[:3],
    activation: str = 'softmax',
    bias: Sequence[float] = (),
    **changes: Any,
) -> ModelDescription:
    """Write a net and its description: blue faces wear a mask, green ones wear it wrong.

    Args:
        folder: exists.
        labels: in the order of the outputs.
        roles: of ROLES.
        activation: of the net.
        bias: of each label; none if empty.
        changes: of the description.
    """
    net = _net(labels, activation, bias or [0.0] * len(labels))
    entries = {}
    for role in roles:
        content = _content(net, role, folder / f'{role}.scratch')
        path = folder / f'mine.{role}'
        path.write_bytes(content)
        entries[role] = {
            'file': path.name,
            'bytes': len(content),
            'sha256': hashlib.sha256(content).hexdigest(),
        }
    content = {
        'labels': list(labels),
        'input_size': SIZE,
        'crop_margin': 0.25,
        'preprocessing': dict(PREPROCESSING),
        'files': entries,
        **changes,
    }
    path = folder / 'mine.json'
    path.write_text(json.dumps(content))
    return ModelDescription.load(path)


def _net(labels: Sequence[str], activation: str, bias: Sequence[float]) -> Any:
    import keras

    inputs = keras.Input((SIZE, SIZE, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(inputs)
    dense = keras.layers.Dense(len(labels), activation=activation)
    net = keras.Model(inputs, dense(pooled))
    dense.set_weights([np.array([COLOURS[label] for label in labels]).T, np.array(bias)])
    return net


def _content(net: Any, role: str, scratch: Path) -> bytes:
    import tensorflow as tf

    if role == 'keras':
        path = scratch.with_suffix('.keras')
        net.save(path)
        return path.read_bytes()
    if role == 'onnx':
        net(np.zeros((1, *net.input_shape[1:]), np.float32))
        net.export(scratch, format='onnx', verbose=False, opset_version=10)
        return scratch.read_bytes()
    converter = tf.lite.TFLiteConverter.from_keras_model(net)
    if role != 'litert':
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = _representatives
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.dtypes.as_dtype(role)
    content: bytes = converter.convert()
    return content


def _representatives() -> Iterator[list[FloatArray]]:
    for face in faces(100):
        yield [face[None]]
