# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Crops faces and turns them into the input of a mask classifier.

Training and inference share this code, so that both see the same input.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from mask_proximity.core.types import Box, FloatArray, Image

PREPROCESSING: Mapping[str, object] = {
    'colours': 'RGB',
    'range': [-1.0, 1.0],
    'resize': 'square',
}
"""What `preprocess` does, as the description of a model must state it."""

_SHARED = 500_000
"""Number of values in all crops of a frame from which a second thread saves time."""

_MOST_FLOATS = 4_000_000
"""Number of values up to which a crop is averaged as floats, which bounds the memory to 16 MB."""


@dataclass(frozen=True, slots=True)
class CropSpec:
    """How a face is cropped.

    Attributes:
        size: Side of the square input in pixels.
        margin: Fraction of its width and height by which a box is expanded on every side.
        averages: Whether a crop is averaged when it is scaled down, which avoids the aliasing of a
            plain bilinear resize.
    """

    size: int
    margin: float
    averages: bool = True


def crop_face(image: Image, box: Box, margin: float) -> Image | None:
    """Crop a face with its margin from an image.

    Args:
        image: Image, height x width x 3, uint8, BGR.
        box: Box of the face in pixels of `image`.
        margin: Margin, see CropSpec.

    Returns:
        The crop as a view of `image`, or None if the box lies wholly outside.
    """
    height, width = image.shape[:2]
    grown = box.expanded(margin).clamped(width, height)
    x1, y1 = math.floor(grown.x1), math.floor(grown.y1)
    x2, y2 = math.ceil(grown.x2), math.ceil(grown.y2)
    if x2 <= x1 or y2 <= y1:
        return None
    return image[y1:y2, x1:x2]


def preprocess(crop: Image, size: int, averages: bool = True) -> FloatArray:
    """Turn a crop into the classifier's input.

    BGR becomes RGB, the crop is resized to a square without keeping its aspect (as the tutorial
    does), and [0, 255] becomes [-1, 1]: keras.applications.mobilenet_v2.preprocess_input.

    Args:
        crop: Crop, height x width x 3, uint8, BGR, not empty.
        size: Side of the square in pixels.
        averages: Whether to average, see CropSpec.

    Returns:
        The input, size x size x 3, float32.
    """
    face = np.empty((size, size, 3), np.float32)
    _Preprocessor().fill(face[np.newaxis], [crop], averages)
    return face


def crop_faces(image: Image, boxes: Sequence[Box], spec: CropSpec) -> FloatArray:
    """Crop faces from an image and preprocess them.

    Args:
        image: Image, height x width x 3, uint8, BGR.
        boxes: Boxes of the faces; each must overlap the image.
        spec: Input size and margin of the classifier.

    Returns:
        The batch, len(boxes) x size x size x 3, float32, RGB in [-1, 1].

    Raises:
        ValueError: A box lies wholly outside of the image.
    """
    return FaceCropper().crop(image, boxes, spec)


class FaceCropper:
    """Does what `crop_faces` does and reuses its memory from frame to frame; not thread-safe.

    Arrays as large as crops would fragment the heap if they were allocated for each frame.
    """

    def __init__(self, threads: int = 1) -> None:
        """Create the threads.

        Args:
            threads: Number of threads that share a large batch, above 0.
        """
        self._batch: FloatArray = np.empty(0, np.float32)
        self._preprocessors = [_Preprocessor() for _ in range(threads)]
        self._helpers = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def crop(self, image: Image, boxes: Sequence[Box], spec: CropSpec) -> FloatArray:
        """See crop_faces; the returned array is overwritten by the next call."""
        crops = []
        for box in boxes:
            crop = crop_face(image, box, spec.margin)
            if crop is None:
                raise ValueError(f'{box} lies outside of a picture of {image.shape[1::-1]} pixels')
            crops.append(crop)
        faces = self._faces(len(crops), spec.size)
        alone = len(crops) < 2 or sum(crop.size for crop in crops) < _SHARED
        if self._helpers is None or alone:
            self._preprocessors[0].fill(faces, crops, spec.averages)
            return faces
        shares = len(self._preprocessors)
        first, *others = (
            partial(each.fill, faces[start::shares], crops[start::shares], spec.averages)
            for start, each in enumerate(self._preprocessors)
        )
        futures = [self._helpers.submit(share) for share in others]
        first()
        for future in futures:
            future.result()
        return faces

    def _faces(self, number: int, size: int) -> FloatArray:
        shape = (number, size, size, 3)
        values = math.prod(shape)
        if values > self._batch.size:
            self._batch = np.empty(values, np.float32)
        return self._batch[:values].reshape(shape)


class _Preprocessor:
    """Does what `preprocess` does and reuses its memory; not thread-safe."""

    def __init__(self) -> None:
        self._floats: FloatArray = np.empty(0, np.float32)

    def fill(self, faces: FloatArray, crops: Sequence[Image], averages: bool) -> None:
        for face, crop in zip(faces, crops, strict=True):
            self._fill(face, crop, averages)

    def _fill(self, face: FloatArray, crop: Image, averages: bool) -> None:
        size = face.shape[:2]
        if not averages or min(crop.shape[:2]) <= size[0]:
            resized = cv2.resize(crop, size)
        elif crop.size > _MOST_FLOATS:
            resized = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        else:
            # OpenCV averages floats to the same whole numbers in two thirds of the time.
            cv2.resize(self._as_floats(crop), size, dst=face, interpolation=cv2.INTER_AREA)
            resized = cv2.convertScaleAbs(face)
        face[:] = cv2.cvtColor(resized, cv2.COLOR_BGR2RGB)
        face /= np.float32(127.5)
        face -= np.float32(1.0)

    def _as_floats(self, crop: Image) -> FloatArray:
        if crop.size > self._floats.size:
            self._floats = np.empty(crop.size, np.float32)
        floats = self._floats[: crop.size].reshape(crop.shape)
        floats[:] = crop
        return floats
