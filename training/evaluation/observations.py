# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The predictions of a model for labelled pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mask_proximity.core.types import LABELS, FaceDetection, FloatArray, Image
from training.annotations import LabelledFace, match


@dataclass(frozen=True, slots=True)
class Prediction:
    """A face that a model found and classified.

    Attributes:
        detection: Box and score of the face.
        probabilities: Probabilities of LABELS, which sum to 1; 0 for a class that the model lacks.
    """

    detection: FaceDetection
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ObservedFace:
    """A labelled face that the model classified.

    Attributes:
        name: Name of the picture, and the number of the face in it.
        source: Source of the picture.
        label: True class, index into LABELS.
        width: Width of the labelled face in pixels of the picture.
        probabilities: See Prediction.
        thumbnail: Picture of the face if it is misclassified, else None.
    """

    name: str
    source: str
    label: int
    width: float
    probabilities: tuple[float, ...]
    thumbnail: Image | None = None

    @property
    def predicted(self) -> int:
        """The likeliest class, index into LABELS."""
        return int(np.argmax(self.probabilities))


@dataclass(frozen=True, slots=True)
class ObservedScene:
    """A labelled photo, and everything that a model found in it.

    Attributes:
        photo: Name of the photo.
        source: Source of the photo.
        width: Width of the photo in pixels.
        labelled: Labelled faces.
        predictions: Faces found with the score that the model is used with.
        candidates: Faces found with CANDIDATE_SCORE, for the precision-recall curve.
    """

    photo: str
    source: str
    width: int
    labelled: tuple[LabelledFace, ...]
    predictions: tuple[Prediction, ...]
    candidates: tuple[Prediction, ...]

    def matched(self) -> list[tuple[Prediction, int]]:
        """Return the predictions of labelled faces, each with the face's index in `labelled`."""
        return matched(self.predictions, self.labelled)


@dataclass
class Observations:
    """All predictions of one model.

    Attributes:
        name: Name of the model.
        scenes: Whole photos.
        faces: Faces that are labelled in the scenes and that the model found.
        crops: Pictures of one face.
    """

    name: str
    scenes: list[ObservedScene] = field(default_factory=list)
    faces: list[ObservedFace] = field(default_factory=list)
    crops: list[ObservedFace] = field(default_factory=list)


def matched(
    predictions: Sequence[Prediction], labelled: Sequence[LabelledFace]
) -> list[tuple[Prediction, int]]:
    """Pair predictions with the indices of labelled faces, see `training.annotations.match`."""
    by_detection = {id(prediction.detection): prediction for prediction in predictions}
    numbers = {id(face): number for number, face in enumerate(labelled)}
    return [
        (by_detection[id(detection)], numbers[id(face)])
        for detection, face in match([each.detection for each in predictions], labelled)
    ]


def columns(
    faces: Sequence[ObservedFace],
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Return the labels (n) and the probabilities (n x len(LABELS)) of faces."""
    labels = np.array([face.label for face in faces], np.int64)
    probabilities = np.array([face.probabilities for face in faces], np.float32)
    return labels, probabilities.reshape(len(faces), len(LABELS))
