# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A Keras model like the tutorial's: two classes, faces resized to a square in [-1, 1]."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf

from mask_proximity.core.classification.crops import CropSpec, crop_faces
from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.errors import ModelError, first_line
from mask_proximity.core.types import Box, FaceDetection, Image
from training.evaluation.models import two_class_probabilities
from training.evaluation.observations import Prediction


class KerasModel:
    """Crops faces as the tutorial does: whole pixels, no margin, bilinear."""

    def __init__(
        self,
        path: Path,
        name: str,
        detector: FaceDetector,
        min_score: float,
        labels: Sequence[str],
    ) -> None:
        """Load the model.

        Args:
            path: A .h5 or .keras file.
            name: Name for the report.
            detector: Finds the faces to classify.
            min_score: Lowest score of those faces.
            labels: 'mask' and 'no_mask' in the order of the outputs.

        Raises:
            ModelError: The file cannot be loaded, or its inputs or outputs do not fit.
        """
        if sorted(labels) != ['mask', 'no_mask']:
            raise ModelError(
                f'the labels of a Keras peer are {",".join(labels)}; expected mask,no_mask or '
                'no_mask,mask (--peer-labels)'
            )
        self.name = name
        self._detector, self._min_score = detector, min_score
        model = load_keras(path)
        shape = tuple(model.input_shape)
        if len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3 or shape[1] is None:
            raise ModelError(f'{path}: this model takes {shape}; expected square colour pictures')
        if tuple(model.output_shape)[1:] != (2,):
            raise ModelError(
                f'{path}: this model gives {model.output_shape}; expected two probabilities'
            )
        # Old files have their one input in a list; Keras warns about that in every call.
        model = keras.Model(model.inputs[0], model.outputs[0])
        self._spec = CropSpec(shape[1], 0.0, averages=False)
        # One face at a time, so that the graph is traced once and memory stays small.
        self._call = tf.function(lambda faces: model(faces, training=False))
        self._columns = [labels.index('mask'), labels.index('no_mask')]

    def predict(self, picture: Image, min_score: float | None = None) -> list[Prediction]:
        """See Model.predict."""
        score = self._min_score if min_score is None else min_score
        height, width = picture.shape[:2]
        found = [
            FaceDetection(each.box.truncated_to_pixels(width, height), each.score)
            for each in self._detector.detect(picture, score)
        ]
        found = [each for each in found if min(each.box.width, each.box.height) >= 1.0]
        probabilities = self._classify(picture, [each.box for each in found])
        return [Prediction(*pair) for pair in zip(found, probabilities, strict=True)]

    def classify(self, picture: Image, box: Box) -> tuple[float, ...]:
        """See Model.classify."""
        height, width = picture.shape[:2]
        return self._classify(picture, [box.truncated_to_pixels(width, height)])[0]

    def _classify(self, picture: Image, boxes: Sequence[Box]) -> list[tuple[float, ...]]:
        if not boxes:
            return []
        result = []
        for face in crop_faces(picture, boxes, self._spec):
            row = np.asarray(self._call(face[None]))[0]
            result.append(
                two_class_probabilities(*(float(row[column]) for column in self._columns))
            )
        return result


def load_keras(path: Path) -> Any:
    """Load a Keras model of any version of Keras, whatever its suffix.

    Raises:
        ModelError: The file cannot be loaded.
    """
    try:
        if not h5py.is_hdf5(path):
            return keras.models.load_model(path, compile=False)
        with tempfile.TemporaryDirectory() as scratch:
            # Keras chooses the format by the suffix.
            copy = shutil.copy(path, Path(scratch, 'model.h5'))
            with h5py.File(copy, 'r+') as file:
                config = json.loads(file.attrs['model_config'])
                file.attrs['model_config'] = json.dumps(_modern(config))
            return keras.models.load_model(copy, compile=False)
    except Exception as error:  # Keras raises whatever the file makes it raise.
        raise ModelError(
            f'{path}: Keras {keras.__version__} cannot load this model ({first_line(error)}); '
            'expected a .h5 or .keras file of a whole model'
        ) from None


def _modern(node: Any) -> Any:
    """Return a model's configuration without the options of initializers that Keras 3 dropped."""
    if isinstance(node, list):
        return [_modern(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {k: v for k, v in value.items() if k != 'config'} | {'config': _untyped(value)}
        if key.endswith('_initializer') and isinstance(value, dict)
        else _modern(value)
        for key, value in node.items()
    }


def _untyped(initializer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in initializer.get('config', {}).items() if key != 'dtype'}
