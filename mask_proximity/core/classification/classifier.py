# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Mask classifiers, which return mask probabilities for faces."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.classification.crops import PREPROCESSING, CropSpec
from mask_proximity.core.errors import ModelError, first_line
from mask_proximity.core.models import litert
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.models.litert import LiteRtNet
from mask_proximity.core.models.onnx import input_shape
from mask_proximity.core.types import LABELS, FloatArray

_INPUT_SIZES = (8, 1024)
_MARGINS = (0.0, 1.0)
_TEMPERATURES = (sys.float_info.min, sys.float_info.max)
_TOGETHER = 4
"""Faces in one call of LiteRT, whose threads then synchronize less often: this saves a twentieth of
the time, and a fifth on a busy machine. More faces only take more memory.
"""
_ROUNDING = 0.02
"""Tolerance of the sum and the sign of outputs; rounding three to 8 bits loses at most 3 / 512."""


def calibrated(probabilities: npt.NDArray[np.floating[Any]], temperature: float) -> FloatArray:
    """Calibrated probabilities: softmax(log(p) / temperature).

    Temperature scaling of Guo et al., On Calibration of Modern Neural Networks, 2017. It works on
    probabilities, because the logarithm of a softmax equals its logits except for a constant.

    Args:
        probabilities: Outputs of the net, n x classes; zeros stay zeros.
        temperature: Temperature, above 0; above 1 lowers the confidence, 1 changes nothing.

    Returns:
        The probabilities, n x classes, float32, rows summing to 1.
    """
    # A quantized net may round below 0.
    positive = np.maximum(probabilities.astype(np.float64), 0.0)
    with np.errstate(divide='ignore', over='ignore'):
        logarithms = np.log(positive)
        powers = np.exp((logarithms - logarithms.max(axis=1, keepdims=True)) / temperature)
    scaled: FloatArray = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled


class MaskClassifier(Protocol):
    """Estimates for each face the probabilities of mask, worn wrong and no mask."""

    @property
    def name(self) -> str:
        """The value of mask_backend of this classifier, e.g. 'litert'."""
        ...

    @property
    def crop_spec(self) -> CropSpec:
        """How faces must be cropped for this classifier."""
        ...

    def classify(self, faces: FloatArray) -> FloatArray:
        """Calibrated probabilities of LABELS.

        Args:
            faces: Crops by `FaceCropper.crop`, n x size x size x 3; n may be 0.

        Returns:
            The probabilities, n x 3, float32, rows summing to 1; 0 for a class that the model does
            not have.

        Raises:
            ModelError: The outputs of the net are not probabilities.
        """
        ...


def load_mask_classifier(
    description: ModelDescription, backend: str, threads: int
) -> MaskClassifier:
    """Load the classifier with the selected backend.

    Args:
        description: Description of the model.
        backend: Backend: 'auto', 'litert', 'opencv' or 'tensorflow'. 'auto' selects LiteRT where it
            is installed, else OpenCV; the `name` of the result says which.
        threads: Threads of LiteRT, see LiteRtNet. OpenCV has one pool for the whole process.

    Raises:
        ModelError: A file does not fit its description, or the backend is not installed.
    """
    if backend == 'auto':
        backend = _best_backend(description)
    if backend == 'litert':
        return LiteRtMaskClassifier(description, threads)
    if backend == 'opencv':
        return OpenCvMaskClassifier(description)
    if backend == 'tensorflow':
        return KerasMaskClassifier(description)
    raise ModelError(
        f"mask_backend is {backend!r}; expected 'auto', 'litert', 'opencv' or 'tensorflow'"
    )


def _best_backend(description: ModelDescription) -> str:
    # Only a missing file is skipped; a damaged one is reported by its backend.
    roles = description.content['files']
    if 'onnx' not in roles or ('litert' in roles and litert.is_installed()):
        return 'litert'
    return 'opencv'


class LiteRtMaskClassifier:
    """The classifier on LiteRT (formerly TensorFlow Lite): the fastest, but not in apt."""

    name = 'litert'

    def __init__(self, description: ModelDescription, threads: int = 2) -> None:
        """Load the model. See load_mask_classifier."""
        self._spec = _ModelSpec.from_description(description)
        self.crop_spec = self._spec.crop_spec
        content, path = description.read('litert'), description.file('litert')
        self._alone = LiteRtNet(content, path, threads, 'mask_backend')
        one = self._alone.inputs[0].shape
        self._spec.check_shapes(one, self._alone.outputs[0].shape)
        # A separate net, because resizing one back and forth takes longer than the faces.
        together = LiteRtNet(content, path, threads, 'mask_backend')
        self._together = together if _takes(together, (_TOGETHER, *one[1:])) else self._alone

    def classify(self, faces: FloatArray) -> FloatArray:
        """See MaskClassifier.classify."""
        outputs = self._spec.outputs(len(faces))
        done = 0
        while done < len(faces):
            net = self._together if len(faces) - done >= _TOGETHER else self._alone
            part = slice(done, done + net.inputs[0].shape[0])
            net.input_memory()[:] = net.inputs[0].stored(faces[part])
            net.run()
            outputs[part] = net.outputs[0].values(net.output_memory())
            done = part.stop
        return self._spec.probabilities(outputs)


def _takes(net: LiteRtNet, shape: tuple[int, ...]) -> bool:
    """Give the net batches, if it was not made for single faces alone."""
    try:
        net.resize(shape)
    except ModelError:
        return False
    return net.outputs[0].shape[0] == shape[0]


class OpenCvMaskClassifier:
    """The classifier on OpenCV's own DNN module, which needs nothing that apt does not have."""

    name = 'opencv'

    def __init__(self, description: ModelDescription) -> None:
        """Load the model. See load_mask_classifier."""
        self._spec = _ModelSpec.from_description(description)
        self.crop_spec = self._spec.crop_spec
        content = description.read('onnx')
        shape = (1, self.crop_spec.size, self.crop_spec.size, 3)
        # OpenCV silently runs a net at sizes that it was not trained for.
        declared = input_shape(content) or shape
        try:
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
            # The output shape is known only after a run, and the first run is the slowest.
            self._net.setInput(np.zeros(shape, np.float32))
            outputs = self._net.forward().shape
        except cv2.error as error:
            raise ModelError(
                f'{description.file("onnx")}: OpenCV {cv2.__version__} cannot run this classifier '
                f'at {shape[1]}x{shape[2]} ({first_line(error)}); give the input_size that it was '
                'trained for, or use OpenCV 4.5.4 or newer'
            ) from None
        self._spec.check_shapes(declared, outputs)

    def classify(self, faces: FloatArray) -> FloatArray:
        """See MaskClassifier.classify."""
        outputs = self._spec.outputs(len(faces))
        # A batch is no faster per face, and some versions of OpenCV 4 return a wrong shape for it.
        for index in range(len(faces)):
            self._net.setInput(faces[index : index + 1])
            outputs[index] = self._net.forward()[0]
        return self._spec.probabilities(outputs)


class KerasMaskClassifier:
    """The classifier on Keras with TensorFlow, which is imported here and nowhere else."""

    name = 'tensorflow'

    def __init__(self, description: ModelDescription) -> None:
        """Load the model. See load_mask_classifier."""
        self._spec = _ModelSpec.from_description(description)
        self.crop_spec = self._spec.crop_spec
        description.read('keras')
        try:
            import keras
            import tensorflow as tf
        except ImportError:
            raise ModelError(
                'mask_backend tensorflow needs TensorFlow and Keras 3 '
                "('pip install tensorflow'), or set mask_backend to auto"
            ) from None
        path = description.file('keras')
        try:
            model = keras.models.load_model(path, compile=False)
        except Exception as error:  # Keras raises many types.
            raise ModelError(
                f'{path}: Keras {keras.__version__} cannot load this model ({first_line(error)})'
            ) from None
        self._spec.check_shapes(model.input_shape, model.output_shape)
        # model.predict builds a data pipeline per call: 71 ms per face instead of 14 ms.
        self._call = tf.function(
            lambda batch: model(batch, training=False),
            input_signature=[
                tf.TensorSpec((None, self.crop_spec.size, self.crop_spec.size, 3), tf.float32)
            ],
        )

    def classify(self, faces: FloatArray) -> FloatArray:
        """See MaskClassifier.classify."""
        outputs = self._spec.outputs(len(faces))
        if len(faces) > 0:
            outputs[:] = np.asarray(self._call(faces), np.float32)
        return self._spec.probabilities(outputs)


@dataclass(frozen=True, slots=True)
class _ModelSpec:
    """What a description states about its net."""

    path: Path
    crop_spec: CropSpec
    columns: tuple[int, ...]
    """Indices into LABELS, in the order of the net's outputs."""
    temperature: float

    @classmethod
    def from_description(cls, description: ModelDescription) -> _ModelSpec:
        preprocessing = description.content.get('preprocessing')
        if preprocessing != PREPROCESSING:
            raise ModelError(
                f"{description.path}: this model's preprocessing is {preprocessing!r}, expected "
                f'{dict(PREPROCESSING)}, which is what its faces would get'
            )
        size = description.get('input_size', int, _INPUT_SIZES)
        temperature = 1.0
        if 'temperature' in description.content:
            temperature = float(description.get('temperature', (int, float), _TEMPERATURES))
        return cls(
            description.path,
            CropSpec(size, float(description.get('crop_margin', (int, float), _MARGINS))),
            _columns(description),
            temperature,
        )

    def check_shapes(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        size, classes = self.crop_spec.size, len(self.columns)
        if tuple(inputs[1:]) != (size, size, 3) or tuple(outputs[1:]) != (classes,):
            # Formatted one by one, because NumPy 2 would write int32(224).
            taken, given = (
                'x'.join(str(side) for side in shape[1:]) for shape in (inputs, outputs)
            )
            raise ModelError(
                f'{self.path}: this model takes {taken} and gives {given}, but its description '
                f'promises {size}x{size}x3 (input_size) and {classes} labels'
            )

    def outputs(self, faces: int) -> FloatArray:
        """An empty array for the outputs of the net."""
        return np.empty((faces, len(self.columns)), np.float32)

    def probabilities(self, outputs: FloatArray) -> FloatArray:
        """Calibrated probabilities of LABELS from the outputs of the net."""
        off = np.maximum(np.abs(outputs.sum(axis=1) - 1.0), -outputs.min(axis=1))
        # Not `>`: NaN fails every comparison.
        if not (off < _ROUNDING).all():
            raise ModelError(
                f'{self.path}: the mask classifier gave {outputs[np.argmax(off)].tolist()}, '
                'expected probabilities that sum to 1; check the model'
            )
        probabilities = np.zeros((len(outputs), len(LABELS)), np.float32)
        probabilities[:, self.columns] = calibrated(outputs, self.temperature)
        return probabilities


def _columns(description: ModelDescription) -> tuple[int, ...]:
    labels = description.get('labels', list)
    if sorted(map(str, labels)) not in (sorted(LABELS), ['mask', 'no_mask']):
        raise ModelError(
            f'{description.path}: this model has the labels {labels}, expected '
            "'mask', 'no_mask' and perhaps 'incorrect', each once, in the order of its outputs"
        )
    return tuple(LABELS.index(label) for label in labels)
