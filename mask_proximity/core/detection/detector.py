# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The interface of face detectors, which return boxes with scores for an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mask_proximity.core.types import FaceDetection, Image


class FaceDetector(Protocol):
    """Detects the faces in an image."""

    @property
    def name(self) -> str:
        """The value of face_backend of this detector, e.g. 'litert'; 'opencv' for YuNet."""
        ...

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        """The faces with a score above `min_score`, best first, clamped to the image.

        Args:
            image: Image, height x width x 3, uint8, BGR.
            min_score: Score in [0, 1] that a detection must exceed.
            input_size: Side of the square input of the net in pixels, where it can be chosen;
                0 = the default of the model.

        Returns:
            Boxes in pixels of `image`. A box that lies wholly outside is returned empty; the
            caller must not crop it.
        """
        ...


MAX_CONTAINMENT = 0.5
"""Two boxes show the same face if more than this part of the smaller lies in the other."""


def suppress_contained(detections: Sequence[FaceDetection], sure: float) -> list[FaceDetection]:
    """Drop boxes with a low score on a face that a box with a higher score already shows.

    The detectors drop boxes that overlap much; a small box on the hair of a large face does not.

    Args:
        detections: Detections, best first.
        sure: Score above which all detections are kept.
    """
    kept: list[FaceDetection] = []
    for detection in detections:
        box = detection.box
        doubtful = detection.score <= sure
        if not doubtful or all(
            box.intersection_over_smaller(other.box) <= MAX_CONTAINMENT for other in kept
        ):
            kept.append(detection)
    return kept
