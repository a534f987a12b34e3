# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The worst misclassifications, which the report shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2

from mask_proximity.core.types import LABELS, Image
from training.evaluation.observations import ObservedFace

MAX_PER_CLASS = 12


@dataclass(frozen=True, slots=True)
class Mistake:
    """A misclassified face.

    Attributes:
        name: Name of the picture, and the number of the face in it.
        label: True class.
        predicted: Predicted class.
        probabilities: Probabilities by class.
        width: Width of the face in pixels of the picture.
        picture: The face as a PNG file.
    """

    name: str
    label: str
    predicted: str
    probabilities: dict[str, float]
    width: float
    picture: bytes


def worst_mistakes(
    faces: Sequence[ObservedFace], max_per_class: int = MAX_PER_CLASS
) -> list[Mistake]:
    """Return the misclassified faces of each class with the lowest probability of that class."""
    wrong = [face for face in faces if face.thumbnail is not None]
    wrong.sort(
        key=lambda face: (face.probabilities[face.label], -max(face.probabilities), face.name)
    )
    # Unmasked faces first: missing these does the harm.
    worst = [
        face
        for label in reversed(range(len(LABELS)))
        for face in [face for face in wrong if face.label == label][:max_per_class]
    ]
    return [_mistake(face, face.thumbnail) for face in worst if face.thumbnail is not None]


def _mistake(face: ObservedFace, thumbnail: Image) -> Mistake:
    return Mistake(
        face.name,
        LABELS[face.label],
        LABELS[face.predicted],
        dict(zip(LABELS, face.probabilities, strict=True)),
        face.width,
        cv2.imencode('.png', thumbnail)[1].tobytes(),
    )
