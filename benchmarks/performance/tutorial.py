# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The loop of the tutorial that the project grew from, rewritten line by line.

docs/from_the_tutorial.md says what became of each step. Its classifier is MobileNetV2 at 224x224
with a small head. The weights here are random, since they do not affect the time.
"""

from __future__ import annotations

from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt

from mask_proximity.core.models.description import FACE_SSD, ModelDescription, models_directory

WIDTH = 600
"""To which a frame is squeezed, pixels; its height stays."""

SIDE = 224
"""Of the input of both nets, pixels."""

CONFIDENCE = 0.5
_MEAN = (104.0, 177.0, 123.0)
_BATCH = 32


class TutorialLoop:
    """One frame after the other, without the window and what is drawn in it."""

    def __init__(self) -> None:
        """Load both nets."""
        description = ModelDescription.load(models_directory() / FACE_SSD)
        self._faces = cv2.dnn.readNetFromCaffe(
            *(
                np.frombuffer(description.read(role), np.uint8)
                for role in ('published_prototxt', 'caffemodel')
            )
        )
        self._masks = _classifier()

    def look(self, frame: npt.NDArray[np.uint8]) -> list[tuple[Any, Any]]:
        """The faces of a frame: corners in pixels of the squeezed frame, and both probabilities."""
        frame = np.asarray(cv2.resize(frame, (WIDTH, frame.shape[0])), np.uint8)
        height, width = frame.shape[:2]
        self._faces.setInput(cv2.dnn.blobFromImage(frame, 1.0, (SIDE, SIDE), _MEAN))
        found = self._faces.forward()
        faces, places = [], []
        for index in range(found.shape[2]):
            if found[0, 0, index, 2] <= CONFIDENCE:
                continue
            corners = found[0, 0, index, 3:7] * np.array([width, height, width, height])
            x1, y1, x2, y2 = corners.astype(int)
            x1, y1 = max(0, x1), max(0, y1)
            x2, y2 = min(width - 1, x2), min(height - 1, y2)
            face = cv2.cvtColor(frame[y1:y2, x1:x2], cv2.COLOR_BGR2RGB)
            face = keras.utils.img_to_array(cv2.resize(face, (SIDE, SIDE)))
            faces.append(keras.applications.mobilenet_v2.preprocess_input(face))
            places.append((x1, y1, x2, y2))
        if not faces:
            return []
        # Without its progress bar, which the terminal would take time for.
        told = self._masks.predict(np.array(faces, np.float32), batch_size=_BATCH, verbose=0)
        return list(zip(places, told, strict=True))


def _classifier() -> Any:
    base = keras.applications.MobileNetV2(
        input_shape=(SIDE, SIDE, 3), include_top=False, weights=None
    )
    layers = keras.layers
    x = layers.AveragePooling2D((7, 7))(base.output)
    x = layers.Dense(128, activation='relu')(layers.Flatten()(x))
    x = layers.Dense(2, activation='softmax')(layers.Dropout(0.5)(x))
    return keras.Model(base.input, x)
