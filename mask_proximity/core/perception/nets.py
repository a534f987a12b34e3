# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The two nets of a pipeline: which ones the settings name, and how they are loaded."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from mask_proximity.core.classification.classifier import MaskClassifier, load_mask_classifier
from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.detection.loading import load_ssd_face_detector
from mask_proximity.core.detection.yunet import YuNetFaceDetector
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.models.files import face_description, mask_description
from mask_proximity.core.models.settings import NetSettings


@dataclass(frozen=True, slots=True)
class Nets:
    """The two nets of a pipeline, which are replaced together.

    Attributes:
        faces: Face detector.
        masks: Mask classifier.
    """

    faces: FaceDetector
    masks: MaskClassifier


def load_face_detector(settings: NetSettings) -> FaceDetector:
    """The face detector that the settings name.

    Raises:
        ModelError: It cannot be loaded; the text says why.
    """
    if settings.face_model == 'yunet':
        return YuNetFaceDetector(Path(settings.face_model_path).expanduser())
    return load_ssd_face_detector(
        ModelDescription.load(face_description()),
        settings.face_backend,
        settings.threads,
        published=settings.face_model == 'ssd_published',
    )


def load_classifier(settings: NetSettings) -> MaskClassifier:
    """The mask classifier that the settings name.

    Raises:
        ModelError: It cannot be loaded; the text says why.
    """
    description = ModelDescription.load(mask_description(settings))
    return load_mask_classifier(description, settings.mask_backend, settings.threads)


def load_nets(settings: NetSettings) -> Nets:
    """The nets that the settings name, for one thread; for many threads see net_pool.py.

    Raises:
        ModelError: A net cannot be loaded; the text says why.
    """
    return Nets(load_face_detector(settings), load_classifier(settings))


def face_detector_key(settings: NetSettings) -> Hashable:
    """The settings that identify a face detector."""
    return settings.face_model, settings.face_model_path, settings.face_backend, settings.threads


def classifier_key(settings: NetSettings) -> Hashable:
    """The settings that identify a mask classifier."""
    return settings.mask_backend, settings.mask_model, settings.threads


def use_same_nets(settings: NetSettings, other: NetSettings) -> bool:
    """Whether both settings name the same nets."""
    same_faces = face_detector_key(settings) == face_detector_key(other)
    return same_faces and classifier_key(settings) == classifier_key(other)
