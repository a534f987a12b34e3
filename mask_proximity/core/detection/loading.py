# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Loads the face detector that the settings name."""

from __future__ import annotations

from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.detection.litert_ssd import LiteRtSsdFaceDetector
from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models import litert
from mask_proximity.core.models.description import ModelDescription


def load_ssd_face_detector(
    description: ModelDescription, backend: str, threads: int, published: bool = False
) -> FaceDetector:
    """Load the SSD with the selected backend.

    Args:
        description: Description of the model.
        backend: Backend: 'auto', 'litert' or 'opencv'. 'auto' selects LiteRT where it is
            installed, else OpenCV.
        threads: Threads of LiteRT, see core/models/threads.py. OpenCV has one pool per process.
        published: Whether to use the prior boxes as published, which are misplaced.

    Raises:
        ModelError: A file does not fit its description, or the backend is not installed.
    """
    if backend == 'auto':
        backend = 'litert' if litert.is_installed() else 'opencv'
    if backend == 'litert':
        return LiteRtSsdFaceDetector(description, threads, published)
    if backend == 'opencv':
        return SsdFaceDetector(description, published)
    raise ModelError(f"face_backend is {backend!r}; expected 'auto', 'litert' or 'opencv'")
