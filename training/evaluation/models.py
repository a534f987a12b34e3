# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is measured: this project's pipeline, and whatever else says where faces are and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from mask_proximity.core.classification.classifier import MaskClassifier
from mask_proximity.core.classification.crops import crop_faces
from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.perception.pipeline import find_faces
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, Box, FaceDetection, FloatArray, Image
from training.evaluation.observations import Judgement

CANDIDATE_SCORE = 0.15
"""Faces from this score on count for the average precision, which looks at all thresholds.

Below, the SSD takes whatever there is for a face: 15 boxes a photo at 0.1, 88 at 0.05, 3 here.
"""


class Model(Protocol):
    """Finds faces and says what they wear."""

    @property
    def name(self) -> str:
        """For the report."""
        ...

    def judge(self, picture: Image, min_score: float | None = None) -> list[Judgement]:
        """The faces of a picture.

        Args:
            picture: height x width x 3, uint8, BGR.
            min_score: of a face; None = as the model is used.
        """
        ...

    def classify(self, picture: Image, box: Box) -> tuple[float, ...] | None:
        """Probabilities of LABELS for the face in a box, or None if it only judges whole photos."""
        ...


class OwnModel:
    """This project's detector and classifier, with the settings that serve."""

    def __init__(
        self,
        name: str,
        detector: FaceDetector,
        classifier: MaskClassifier,
        settings: DetectorSettings,
    ) -> None:
        """Put the parts together."""
        self.name = name
        self._detector, self._classifier, self._settings = detector, classifier, settings

    def judge(self, picture: Image, min_score: float | None = None) -> list[Judgement]:
        """See Model.judge."""
        settings = self._settings
        score = settings.face_confidence if min_score is None else min_score
        found = [
            detection
            for detection in find_faces(
                picture, self._detector, replace(settings, face_confidence=score)
            )
            if min(detection.box.width, detection.box.height) >= max(settings.min_face_width, 1.0)
        ]
        return judgements(found, self._probabilities(picture, [each.box for each in found]))

    def classify(self, picture: Image, box: Box) -> tuple[float, ...]:
        """See Model.classify."""
        return judgements([FaceDetection(box, 1.0)], self._probabilities(picture, [box]))[
            0
        ].probabilities

    def _probabilities(self, picture: Image, boxes: Sequence[Box]) -> FloatArray:
        return self._classifier.classify(crop_faces(picture, boxes, self._classifier.crop_spec))


def judgements(found: Sequence[FaceDetection], probabilities: FloatArray) -> list[Judgement]:
    """Faces with a row of probabilities of LABELS each."""
    return [
        Judgement(detection, tuple(float(value) for value in row))
        for detection, row in zip(found, probabilities, strict=True)
    ]


def of_two(mask: float, no_mask: float) -> tuple[float, ...]:
    """Probabilities of LABELS of a model that knows two classes."""
    known = {'mask': mask, 'no_mask': no_mask}
    return tuple(known.get(label, 0.0) for label in LABELS)
