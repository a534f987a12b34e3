# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Face detectors: a frame in, boxes with scores out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mask_proximity.core.types import FaceDetection, Image


class FaceDetector(Protocol):
    """Finds faces in a picture."""

    @property
    def name(self) -> str:
        """The value of face_backend that asks for this one, e.g. 'litert'; 'opencv' for YuNet."""
        ...

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        """The faces with a score above `min_score`, best first, clamped to the picture.

        Args:
            image: height x width x 3, uint8, BGR.
            min_score: in [0, 1].
            input_size: side of the square that the net looks at, pixels, where it can be chosen;
                0 = the model's own.

        Returns:
            Boxes in pixels of `image`. A box that lies wholly outside comes back empty, and
            whoever crops it must skip it.
        """
        ...


MAX_CONTAINMENT = 0.5
"""A box is a double of another one if so much of the smaller of both lies in the other."""


def suppress_contained(detections: Sequence[FaceDetection], sure: float) -> list[FaceDetection]:
    """Drop doubtful boxes on a face that a surer box shows already.

    The detectors drop boxes that overlap much; a small box on the hair of a large face does not.

    Args:
        detections: best first.
        sure: detections with a higher score are all kept.
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
