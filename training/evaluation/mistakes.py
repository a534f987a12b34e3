# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The worst mistakes, as the report shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2

from mask_proximity.core.types import LABELS, Image
from training.evaluation.observations import ObservedFace

MOST = 12
"""Of each class."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A face that is taken for something else.

    Attributes:
        name: of the picture, and the number of the face in it.
        label: its class.
        called: the class it was taken for.
        probabilities: by class.
        width: of the face, pixels of the picture.
        picture: PNG.
    """

    name: str
    label: str
    called: str
    probabilities: dict[str, float]
    width: float
    picture: bytes


def worst_mistakes(faces: Sequence[ObservedFace], most: int = MOST) -> list[Mistake]:
    """For each class, the faces of it to which the model gave it least, at most so many."""
    wrong = [face for face in faces if face.thumbnail is not None]
    wrong.sort(
        key=lambda face: (face.probabilities[face.label], -max(face.probabilities), face.name)
    )
    # Bare faces first: to miss these is what harms.
    worst = [
        face
        for label in reversed(range(len(LABELS)))
        for face in [face for face in wrong if face.label == label][:most]
    ]
    return [_mistake(face, face.thumbnail) for face in worst if face.thumbnail is not None]


def _mistake(face: ObservedFace, thumbnail: Image) -> Mistake:
    return Mistake(
        face.name,
        LABELS[face.label],
        LABELS[face.called],
        dict(zip(LABELS, face.probabilities, strict=True)),
        face.width,
        cv2.imencode('.png', thumbnail)[1].tobytes(),
    )
