# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The models that are measured: this project's pipeline, and the interface that peers implement."""

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
from training.evaluation.observations import Prediction

CANDIDATE_SCORE = 0.15
"""Faces with at least this score enter the average precision, which covers all thresholds.

At lower scores the SSD takes anything for a face: it gives 3 boxes a photo here, 15 at 0.1 and 88
at 0.05.
"""


class Model(Protocol):
    """Finds and classifies faces."""

    @property
    def name(self) -> str:
        """Name for the report."""
        ...

    def predict(self, picture: Image, min_score: float | None = None) -> list[Prediction]:
        """Find and classify the faces of a picture.

        Args:
            picture: height x width x 3, uint8, BGR.
            min_score: Lowest score of a face; None for the score that the model is used with.
        """
        ...

    def classify(self, picture: Image, box: Box) -> tuple[float, ...] | None:
        """Return the probabilities of LABELS for a box; None if the model needs whole photos."""
        ...


class OwnModel:
    """This project's detector and classifier, with the settings of serving."""

    def __init__(
        self,
        name: str,
        detector: FaceDetector,
        classifier: MaskClassifier,
        settings: DetectorSettings,
    ) -> None:
        self.name = name
        self._detector, self._classifier, self._settings = detector, classifier, settings

    def predict(self, picture: Image, min_score: float | None = None) -> list[Prediction]:
        """See Model.predict."""
        settings = self._settings
        score = settings.face_confidence if min_score is None else min_score
        found = [
            detection
            for detection in find_faces(
                picture, self._detector, replace(settings, face_confidence=score)
            )
            if min(detection.box.width, detection.box.height) >= max(settings.min_face_width, 1.0)
        ]
        return predictions(found, self._probabilities(picture, [each.box for each in found]))

    def classify(self, picture: Image, box: Box) -> tuple[float, ...]:
        """See Model.classify."""
        return predictions([FaceDetection(box, 1.0)], self._probabilities(picture, [box]))[
            0
        ].probabilities

    def _probabilities(self, picture: Image, boxes: Sequence[Box]) -> FloatArray:
        return self._classifier.classify(crop_faces(picture, boxes, self._classifier.crop_spec))


def predictions(found: Sequence[FaceDetection], probabilities: FloatArray) -> list[Prediction]:
    """Combine faces with the rows of their probabilities of LABELS."""
    return [
        Prediction(detection, tuple(float(value) for value in row))
        for detection, row in zip(found, probabilities, strict=True)
    ]


def two_class_probabilities(mask: float, no_mask: float) -> tuple[float, ...]:
    """Return the probabilities of LABELS of a model with two classes."""
    known = {'mask': mask, 'no_mask': no_mask}
    return tuple(known.get(label, 0.0) for label in LABELS)
