# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a model said of labelled pictures, before anything is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mask_proximity.core.types import LABELS, FaceDetection, FloatArray, Image
from training.annotations import LabelledFace, match


@dataclass(frozen=True, slots=True)
class Judgement:
    """A face that a model found, and what it says of it.

    Attributes:
        detection: where, and how sure that there is a face.
        probabilities: of LABELS, sum 1; 0 for a class that the model does not know.
    """

    detection: FaceDetection
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ObservedFace:
    """A labelled face that the model was asked about.

    Attributes:
        name: of the picture, and the number of the face in it.
        source: of the picture.
        label: index into LABELS.
        width: of the labelled face, pixels of the picture.
        probabilities: see Judgement.
        thumbnail: the face, where the likeliest class is not the label; else None.
    """

    name: str
    source: str
    label: int
    width: float
    probabilities: tuple[float, ...]
    thumbnail: Image | None = None

    @property
    def called(self) -> int:
        """The likeliest class."""
        return int(np.argmax(self.probabilities))


@dataclass(frozen=True, slots=True)
class ObservedScene:
    """A labelled photo, and everything that a model found in it.

    Attributes:
        photo: its name.
        source: of the photo.
        width: of the photo, pixels.
        labelled: its faces.
        judged: what the model finds as it is used.
        candidates: what it finds where it should rather find too much, for precision over recall.
    """

    photo: str
    source: str
    width: int
    labelled: tuple[LabelledFace, ...]
    judged: tuple[Judgement, ...]
    candidates: tuple[Judgement, ...]

    def matched(self) -> list[tuple[Judgement, int]]:
        """The judgements of labelled faces, each with the face's number in `labelled`."""
        return matched(self.judged, self.labelled)


@dataclass
class Observations:
    """All that one model said.

    Attributes:
        name: of the model.
        scenes: whole photos.
        faces: those labelled in the scenes and found there.
        crops: pictures of one face.
    """

    name: str
    scenes: list[ObservedScene] = field(default_factory=list)
    faces: list[ObservedFace] = field(default_factory=list)
    crops: list[ObservedFace] = field(default_factory=list)


def matched(
    judged: Sequence[Judgement], labelled: Sequence[LabelledFace]
) -> list[tuple[Judgement, int]]:
    """Pair judgements and labelled faces as `training.sources.match` does."""
    by_detection = {id(judgement.detection): judgement for judgement in judged}
    numbers = {id(face): number for number, face in enumerate(labelled)}
    return [
        (by_detection[id(detection)], numbers[id(face)])
        for detection, face in match([each.detection for each in judged], labelled)
    ]


def columns(
    faces: Sequence[ObservedFace],
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """The labels (n) and the probabilities (n x len(LABELS)) of faces."""
    labels = np.array([face.label for face in faces], np.int64)
    probabilities = np.array([face.probabilities for face in faces], np.float32)
    return labels, probabilities.reshape(len(faces), len(LABELS))
