# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Frame in, scene out: the only place that knows the order of the steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mask_proximity.core import models
from mask_proximity.core.alert import AlertPolicy, face_level, mask_state
from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.distance import FocalLength, face_distance
from mask_proximity.core.faces import FaceDetector, SsdFaceDetector, YuNetFaceDetector
from mask_proximity.core.masks import (
    LABELS,
    CropSpec,
    MaskClassifier,
    crop_faces,
    load_mask_classifier,
)
from mask_proximity.core.models import ModelDescription
from mask_proximity.core.scene import (
    DistanceSource,
    Face,
    FaceDetection,
    Image,
    MaskState,
    Scene,
)

_MASK, _INCORRECT = LABELS.index('mask'), LABELS.index('incorrect')

# The settings that name a net.
_BY_FACE = ('face_model', 'face_model_path')
_BY_MASK = ('mask_backend', 'mask_model', 'threads')


@dataclass(frozen=True, slots=True)
class Nets:
    """The two nets of a pipeline, which are replaced together.

    Attributes:
        faces: finds faces.
        masks: says what they wear.
    """

    faces: FaceDetector
    masks: MaskClassifier


def load_face_detector(settings: DetectorSettings) -> FaceDetector:
    """The face detector that the settings name.

    Raises:
        ModelError: it cannot be loaded; the text says why.
    """
    if settings.face_model == 'yunet':
        return YuNetFaceDetector(Path(settings.face_model_path).expanduser())
    return SsdFaceDetector(
        ModelDescription.load(models.models_directory() / models.FACE_SSD),
        published=settings.face_model == 'ssd_published',
    )


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


def load_nets(
    settings: DetectorSettings,
    old: Nets | None = None,
    old_settings: DetectorSettings | None = None,
) -> Nets:
    """The nets that the settings name.

    Args:
        settings: name the nets.
        old: nets in use; those that the settings do not change are taken over.
        old_settings: those that `old` was loaded by.

    Returns:
        `old` itself if nothing of it changes.

    Raises:
        ModelError: one cannot be loaded; `old` stays usable.
    """
    if old is None or old_settings is None:
        return Nets(load_face_detector(settings), load_classifier(settings))
    if name_same_nets(settings, old_settings):
        return old
    return Nets(
        old.faces if _same(settings, old_settings, _BY_FACE) else load_face_detector(settings),
        old.masks if _same(settings, old_settings, _BY_MASK) else load_classifier(settings),
    )


def name_same_nets(settings: DetectorSettings, other: DetectorSettings) -> bool:
    """Whether both settings name the same nets."""
    return _same(settings, other, _BY_FACE + _BY_MASK)


def _same(settings: DetectorSettings, other: DetectorSettings, names: tuple[str, ...]) -> bool:
    return all(getattr(settings, name) == getattr(other, name) for name in names)


class Pipeline:
    """Runs one frame after another through the nets and the rule."""

    def __init__(self, nets: Nets, policy: AlertPolicy) -> None:
        """Put the parts together; the policy is shared with whoever declares UNKNOWN."""
        self._nets = nets
        self._policy = policy
        self._threads = 0

    @property
    def nets(self) -> Nets:
        """The nets in use."""
        return self._nets

    def replace_nets(self, nets: Nets) -> None:
        """Take other nets from the next frame on; may be called from any thread."""
        self._nets = nets

    def reset(self) -> None:
        """Forget what was seen, so that the next frame is judged by itself."""
        self._policy.reset()

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
        nets = self._nets
        self._use_threads(settings.threads)
        height, width = image.shape[:2]
        if focal_length is None or focal_length.source is DistanceSource.NONE:
            focal_length = FocalLength.from_fov(width, settings.horizontal_fov)
        working = _of_width(image, settings.working_width)
        found = find_faces(working, nets.faces, settings)
        stretch = width / working.shape[1]
        large, skipped = [], []
        for detection in found:
            box = detection.box.stretched(stretch)
            smaller = min(box.width, box.height)
            if smaller > 0.0 and settings.min_face_width <= smaller:
                large.append(detection)
            else:
                skipped.append(box)
        faces = [
            _judge(detection, *probabilities, working.shape[1], stretch, settings, focal_length)
            for detection, probabilities in zip(
                large, _probabilities(working, large, nets.masks, settings), strict=True
            )
        ]
        alert = self._policy.update(stamp, faces, settings)
        return Scene(stamp, width, height, alert, skipped=tuple(skipped))

    def _use_threads(self, threads: int) -> None:
        # OpenCV has one pool of threads for the whole process.
        if threads != self._threads:
            cv2.setNumThreads(threads or -1)
            self._threads = threads


def load_pipeline(settings: DetectorSettings) -> Pipeline:
    """A pipeline with the nets that the settings name, which has seen nothing yet.

    Raises:
        ModelError: a net cannot be loaded; the text says why.
    """
    return Pipeline(load_nets(settings), AlertPolicy())


def _of_width(image: Image, width: int) -> Image:
    height = image.shape[0]
    if width in (0, image.shape[1]):
        return image
    return np.asarray(cv2.resize(image, (width, height)), np.uint8)


def find_faces(
    image: Image, detector: FaceDetector, settings: DetectorSettings
) -> list[FaceDetection]:
    """The faces of a picture, found as the settings say, best first.

    Args:
        image: height x width x 3, uint8, BGR, of the working width.
        detector: that of the settings.
        settings: of detector_node.
    """
    found = detector.detect(image, settings.face_confidence, settings.face_input_size)
    if not settings.whole_pixels:
        return found
    height, width = image.shape[:2]
    return [
        FaceDetection(detection.box.whole(width, height), detection.score) for detection in found
    ]


def _probabilities(
    image: Image,
    detections: list[FaceDetection],
    classifier: MaskClassifier,
    settings: DetectorSettings,
) -> list[tuple[float, float]]:
    """P(mask) and P(worn wrong) of each face."""
    if not detections:
        return []
    trained = classifier.crop_spec
    margin = trained.margin if settings.crop_margin < 0.0 else settings.crop_margin
    spec = CropSpec(trained.size, margin, averages=settings.crop_interpolation == 'area')
    batch = crop_faces(image, [detection.box for detection in detections], spec)
    return [(float(row[_MASK]), float(row[_INCORRECT])) for row in classifier.classify(batch)]


def _judge(
    detection: FaceDetection,
    mask_probability: float,
    incorrect_probability: float,
    working_width: int,
    stretch: float,
    settings: DetectorSettings,
    focal_length: FocalLength,
) -> Face:
    """One face, its box brought back from the working image to the original."""
    # Before the box is stretched back: whole pixels over a whole width compare exactly.
    ratio = detection.box.width / working_width
    state = mask_state(mask_probability, incorrect_probability, settings)
    level = face_level(ratio, state, detection.score, settings)
    shown = {MaskState.UNSURE: settings.unsure_state, MaskState.INCORRECT: settings.incorrect_state}
    if not shown.get(state, True):
        state = MaskState.NO_MASK
    box = detection.box.stretched(stretch)
    return Face(
        box=box,
        detection_score=detection.score,
        mask_probability=mask_probability,
        raw_mask_probability=mask_probability,
        incorrect_probability=incorrect_probability,
        mask_state=state,
        width_ratio=ratio,
        level=level,
        distance=face_distance(box.width, settings.face_width, focal_length),
        distance_source=focal_length.source,
    )
