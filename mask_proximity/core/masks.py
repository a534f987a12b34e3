# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Mask classifiers, and the one way in which a face becomes their input.

Training and serving call the same `crop_faces`, so what is trained is what is served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ModelError, first_line
from mask_proximity.core.models import ModelDescription
from mask_proximity.core.scene import Box, Image

LABELS = ('mask', 'incorrect', 'no_mask')
"""The classes in the order of the classifier's outputs."""

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CropSpec:
    """How a face is cut out.

    Attributes:
        size: side of the square input, pixels.
        margin: the detector's box is grown by this part of its width and height on every side.
        averages: whether a crop that must shrink is averaged, which keeps the aliasing of a plain
            bilinear resize out of the net.
    """

    size: int
    margin: float
    averages: bool = True


def crop_face(image: Image, box: Box, margin: float) -> Image | None:
    """Cut a face with its margin out of a picture.

    Args:
        image: height x width x 3, uint8, BGR.
        box: of the face, pixels of `image`.
        margin: see CropSpec.

    Returns:
        The crop as a view of `image`, or None if nothing of the box lies inside.
    """
    height, width = image.shape[:2]
    grown = box.expanded(margin).clamped(width, height)
    x1, y1 = int(np.floor(grown.x1)), int(np.floor(grown.y1))
    x2, y2 = int(np.ceil(grown.x2)), int(np.ceil(grown.y2))
    if x2 <= x1 or y2 <= y1:
        return None
    return image[y1:y2, x1:x2]


def preprocess(crop: Image, size: int, averages: bool = True) -> FloatArray:
    """Turn a crop into the classifier's input.

    BGR becomes RGB, the crop is resized to a square without keeping its aspect (as the tutorial
    does), and [0, 255] becomes [-1, 1]: keras.applications.mobilenet_v2.preprocess_input.

    Args:
        crop: height x width x 3, uint8, BGR, not empty.
        size: side of the square, pixels.
        averages: see CropSpec.

    Returns:
        size x size x 3, float32.
    """
    shrinks = crop.shape[0] > size and crop.shape[1] > size
    interpolation = cv2.INTER_AREA if shrinks and averages else cv2.INTER_LINEAR
    resized = cv2.resize(crop, (size, size), interpolation=interpolation)
    rgb = cv2.cvtColor(resized, cv2.COLOR_BGR2RGB)
    scaled: FloatArray = rgb.astype(np.float32) / np.float32(127.5) - np.float32(1.0)
    return scaled


def crop_faces(image: Image, boxes: Sequence[Box], spec: CropSpec) -> FloatArray:
    """Cut faces out of a picture and preprocess them.

    Args:
        image: height x width x 3, uint8, BGR.
        boxes: the faces; each must reach into the picture.
        spec: size and margin of the classifier.

    Returns:
        len(boxes) x size x size x 3, float32, RGB in [-1, 1].

    Raises:
        ValueError: a box lies wholly outside of the picture.
    """
    batch = np.empty((len(boxes), spec.size, spec.size, 3), np.float32)
    for index, box in enumerate(boxes):
        crop = crop_face(image, box, spec.margin)
        if crop is None:
            raise ValueError(f'{box} lies outside of a picture of {image.shape[1::-1]} pixels')
        batch[index] = preprocess(crop, spec.size, spec.averages)
    return batch


class MaskClassifier(Protocol):
    """Says how likely each face wears a mask."""

    @property
    def name(self) -> str:
        """The value of mask_backend that asks for this one, e.g. 'litert'."""
        ...

    @property
    def crop_spec(self) -> CropSpec:
        """How this classifier wants its faces cut."""
        ...

    def classify(self, faces: FloatArray) -> FloatArray:
        """Probabilities of LABELS.

        Args:
            faces: n x size x size x 3, as `crop_faces` makes them; n may be 0.

        Returns:
            n x 2, float32, rows summing to 1.

        Raises:
            ModelError: the net gave something that is no probability.
        """
        ...


def load_mask_classifier(
    description: ModelDescription, backend: str, threads: int
) -> MaskClassifier:
    """Load the classifier with a backend of the user's choice.

    Args:
        description: of the model.
        backend: 'auto', 'litert', 'opencv' or 'tensorflow'. 'auto' is LiteRT where it is installed
            and OpenCV elsewhere; the result's `name` says which.
        threads: for LiteRT; 0 leaves the choice to it. OpenCV has one pool for the whole process.

    Raises:
        ModelError: a file does not fit its description, or the backend is not installed.
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
    # Only what is not there is passed over: a damaged file is for its backend to report.
    roles = description.content['files']
    if 'onnx' not in roles or ('litert' in roles and _litert_interpreter() is not None):
        return 'litert'
    return 'opencv'


def _litert_interpreter() -> Any:
    """LiteRT's class, or None where LiteRT is not installed or its libraries do not load."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except (ImportError, OSError):
        return None
    return Interpreter


class LiteRtMaskClassifier:
    """The classifier on LiteRT (formerly TensorFlow Lite): the fastest, but not in apt."""

    name = 'litert'

    def __init__(self, description: ModelDescription, threads: int = 2) -> None:
        """Load the model. See load_mask_classifier."""
        self.crop_spec = _crop_spec(description)
        content = description.read('litert')
        interpreter = _litert_interpreter()
        if interpreter is None:
            raise ModelError(
                "mask_backend litert needs the package ai-edge-litert ('pip install "
                "ai-edge-litert'), or set mask_backend to opencv"
            )
        try:
            self._interpreter: Any = interpreter(
                model_content=content, num_threads=threads if threads > 0 else None
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f'{description.file("litert")}: LiteRT cannot load this model ({error})'
            ) from None
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        self._input, self._output = inputs[0]['index'], outputs[0]['index']
        _check_shapes(description, inputs[0]['shape'], outputs[0]['shape'], self.crop_spec)

    def classify(self, faces: FloatArray) -> FloatArray:
        """See MaskClassifier.classify."""
        probabilities = np.empty((len(faces), len(LABELS)), np.float32)
        for index in range(len(faces)):
            self._interpreter.set_tensor(self._input, faces[index : index + 1])
            self._interpreter.invoke()
            probabilities[index] = self._interpreter.get_tensor(self._output)[0]
        return _checked(probabilities)


class OpenCvMaskClassifier:
    """The classifier on OpenCV's own DNN module, which needs nothing that apt does not have."""

    name = 'opencv'

    def __init__(self, description: ModelDescription) -> None:
        """Load the model. See load_mask_classifier."""
        self.crop_spec = _crop_spec(description)
        content = description.read('onnx')
        shape = (1, self.crop_spec.size, self.crop_spec.size, 3)
        try:
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
            # The net tells its shapes only by running, and its first run is the slowest.
            self._net.setInput(np.zeros(shape, np.float32))
            outputs = self._net.forward().shape
        except cv2.error as error:
            raise ModelError(
                f'{description.file("onnx")}: OpenCV {cv2.__version__} cannot run this classifier '
                f'({first_line(error)}); use OpenCV 4.5.4 or newer'
            ) from None
        _check_shapes(description, shape, outputs, self.crop_spec)

    def classify(self, faces: FloatArray) -> FloatArray:
        """See MaskClassifier.classify."""
        probabilities = np.empty((len(faces), len(LABELS)), np.float32)
        # A batch is no faster per face, and some OpenCV 4 shape its result wrongly.
        for index in range(len(faces)):
            self._net.setInput(faces[index : index + 1])
            probabilities[index] = self._net.forward()[0]
        return _checked(probabilities)


class KerasMaskClassifier:
    """The classifier on Keras with TensorFlow, which is imported here and nowhere else."""

    name = 'tensorflow'

    def __init__(self, description: ModelDescription) -> None:
        """Load the model. See load_mask_classifier."""
        self.crop_spec = _crop_spec(description)
        description.read('keras')
        try:
            import keras
            import tensorflow as tf
        except ImportError:
            raise ModelError(
                'mask_backend tensorflow needs TensorFlow and Keras 3 '
                "('pip install tensorflow'), or set mask_backend to auto"
            ) from None
        model = keras.models.load_model(description.file('keras'), compile=False)
        _check_shapes(description, model.input_shape, model.output_shape, self.crop_spec)
        # model.predict builds a data pipeline per call: 71 ms a face where this takes 14.
        self._call = tf.function(
            lambda batch: model(batch, training=False),
            input_signature=[
                tf.TensorSpec((None, self.crop_spec.size, self.crop_spec.size, 3), tf.float32)
            ],
        )

    def classify(self, faces: FloatArray) -> FloatArray:
        """See MaskClassifier.classify."""
        if len(faces) == 0:
            return np.empty((0, len(LABELS)), np.float32)
        return _checked(np.asarray(self._call(faces), np.float32))


def _crop_spec(description: ModelDescription) -> CropSpec:
    labels = description.get('labels', list)
    if tuple(labels) != LABELS:
        raise ModelError(
            f'{description.path}: this model has the labels {labels}, expected {list(LABELS)}'
        )
    return CropSpec(
        int(description.get('input_size', int)),
        float(description.get('crop_margin', (int, float))),
    )


def _check_shapes(
    description: ModelDescription, inputs: Sequence[Any], outputs: Sequence[Any], spec: CropSpec
) -> None:
    if tuple(inputs[1:]) != (spec.size, spec.size, 3) or tuple(outputs[1:]) != (len(LABELS),):
        raise ModelError(
            f'{description.path}: this model takes {tuple(inputs)} and gives {tuple(outputs)}, but '
            f'its description promises {spec.size}x{spec.size}x3 and {len(LABELS)} labels'
        )


def _checked(probabilities: FloatArray) -> FloatArray:
    if not np.isfinite(probabilities).all():
        raise ModelError('the mask classifier gave a value that is no number; check the model')
    return probabilities
