# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Frame in, scene out: the only place that knows the order of the steps."""

from __future__ import annotations

from pathlib import Path

import cv2

from mask_proximity.core import models
from mask_proximity.core.alert import AlertPolicy, face_level, mask_state
from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.distance import FocalLength, face_distance
from mask_proximity.core.faces import FaceDetector, SsdFaceDetector, YuNetFaceDetector
from mask_proximity.core.masks import MaskClassifier, crop_faces, load_mask_classifier
from mask_proximity.core.models import ModelDescription
from mask_proximity.core.scene import DistanceSource, Face, FaceDetection, Image, Scene


def load_face_detector(settings: DetectorSettings) -> FaceDetector:
    """The face detector that the settings name.

    OpenCV has one pool of threads for the whole process; `threads` sets its size.

    Raises:
        ModelError: it cannot be loaded; the text says why.
    """
    if settings.threads > 0:
        cv2.setNumThreads(settings.threads)
    if settings.face_model == 'yunet':
        return YuNetFaceDetector(Path(settings.face_model_path).expanduser())
    return SsdFaceDetector(ModelDescription.load(models.models_directory() / models.FACE_SSD))


def load_classifier(settings: DetectorSettings) -> MaskClassifier:
    """The mask classifier that the settings name.

    Raises:
        ModelError: it cannot be loaded; the text says why.
    """
    path = (
        Path(settings.mask_model).expanduser()
        if settings.mask_model
        else models.models_directory() / models.MASK_CLASSIFIER
    )
    return load_mask_classifier(
        ModelDescription.load(path), settings.mask_backend, settings.threads
    )


class Pipeline:
    """Runs one frame after another through the nets and the rule."""

    def __init__(
        self, detector: FaceDetector, classifier: MaskClassifier, policy: AlertPolicy
    ) -> None:
        """Put the parts together; the policy is shared with whoever declares UNKNOWN."""
        self._detector = detector
        self._classifier = classifier
        self._policy = policy

    def process(
        self,
        image: Image,
        stamp: int,
        settings: DetectorSettings,
        focal_length: FocalLength | None = None,
    ) -> Scene:
        """Find the faces of a frame and judge them.

        Args:
            image: height x width x 3, uint8, BGR.
            stamp: nanoseconds.
            settings: of the rule; one snapshot for the whole frame.
            focal_length: of the camera, where it is calibrated.

        Raises:
            ModelError: a net failed.
        """
        height, width = image.shape[:2]
        if focal_length is None or focal_length.source is DistanceSource.NONE:
            focal_length = FocalLength.from_fov(width, settings.horizontal_fov)
        found = self._detector.detect(image, settings.face_confidence)
        large = [
            detection
            for detection in found
            if min(detection.box.width, detection.box.height) >= settings.min_face_width
        ]
        faces = self._judge(image, large, settings, focal_length)
        alert = self._policy.update(stamp, faces, settings)
        return Scene(stamp, width, height, alert, skipped=len(found) - len(large))

    def _judge(
        self,
        image: Image,
        detections: list[FaceDetection],
        settings: DetectorSettings,
        focal_length: FocalLength,
    ) -> list[Face]:
        if not detections:
            return []
        boxes = [detection.box for detection in detections]
        batch = crop_faces(image, boxes, self._classifier.crop_spec)
        probabilities = self._classifier.classify(batch)[:, 0]
        faces = []
        for detection, probability in zip(detections, probabilities.tolist(), strict=True):
            ratio = detection.box.width / image.shape[1]
            state = mask_state(probability, settings)
            distance = face_distance(detection.box.width, settings.face_width, focal_length)
            faces.append(
                Face(
                    box=detection.box,
                    detection_score=detection.score,
                    mask_probability=probability,
                    mask_state=state,
                    width_ratio=ratio,
                    level=face_level(ratio, state, settings),
                    distance=distance,
                    distance_source=focal_length.source,
                )
            )
        return faces
