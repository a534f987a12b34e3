# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The processing of a frame; the order of the steps is defined only here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.alert.rules import mask_state
from mask_proximity.core.alert.settings import MaskStateSettings
from mask_proximity.core.alert.zones import load_zones
from mask_proximity.core.classification.classifier import MaskClassifier
from mask_proximity.core.classification.crops import CropSpec, FaceCropper
from mask_proximity.core.detection.detector import FaceDetector, suppress_contained
from mask_proximity.core.models.settings import NetSettings
from mask_proximity.core.models.threads import usable_threads
from mask_proximity.core.monitoring.camera_watch import CameraWatch
from mask_proximity.core.monitoring.stages import (
    CROPS,
    FACES,
    MASKS,
    RULE,
    STAGES,
    WATCH,
    StageTimer,
)
from mask_proximity.core.perception.nets import Nets, load_nets
from mask_proximity.core.perception.settings import PerceptionSettings
from mask_proximity.core.ranging.approach import ApproachEstimator, Motion
from mask_proximity.core.ranging.depth import DepthImage
from mask_proximity.core.ranging.distance import Range, face_range
from mask_proximity.core.ranging.pinhole import Pinhole, bearing
from mask_proximity.core.tracking.belief import evidence_weights
from mask_proximity.core.tracking.observation import Observation, TrackedFace
from mask_proximity.core.tracking.tracker import FaceTracker
from mask_proximity.core.types import (
    LABELS,
    Box,
    DistanceSource,
    Face,
    FaceDetection,
    FrameResult,
    Image,
    MaskState,
)

_MASK, _INCORRECT = LABELS.index('mask'), LABELS.index('incorrect')


class Pipeline:
    """Runs one frame after another through the nets and the rule."""

    def __init__(self, nets: Nets, policy: AlertPolicy) -> None:
        """Create a pipeline.

        Args:
            nets: The nets to use.
            policy: The alert policy, which the caller may also use to declare UNKNOWN.
        """
        self._nets = nets
        self._policy = policy
        self._watch = CameraWatch()
        self._tracker = FaceTracker()
        self._approach = ApproachEstimator()
        self._cropper = FaceCropper()
        self._threads: int | None = None
        self._stage_times: Mapping[str, float] = dict.fromkeys(STAGES, 0.0)

    @property
    def nets(self) -> Nets:
        """The nets in use."""
        return self._nets

    @property
    def stage_times(self) -> Mapping[str, float]:
        """Seconds that each stage took in the newest frame, see core/monitoring/stages.py."""
        return self._stage_times

    def replace_nets(self, nets: Nets) -> None:
        """Use other nets from the next frame on; may be called from any thread."""
        self._nets = nets

    def reset(self) -> None:
        """Forget all previous frames, so that the next one is judged by itself."""
        self._policy.reset()
        self._watch.reset()
        self._forget_faces()

    def _forget_faces(self) -> None:
        self._tracker.reset()
        self._approach.reset()

    def process(
        self,
        image: Image,
        stamp: int,
        settings: PerceptionSettings,
        camera: Pinhole | None = None,
        depth: DepthImage | None = None,
    ) -> FrameResult:
        """Find the faces of a frame and judge them.

        Args:
            image: Image, height x width x 3, uint8, BGR.
            stamp: Frame timestamp in nanoseconds.
            settings: Settings for the whole frame.
            camera: The camera that took the image; if it is not known, its field of view is
                horizontal_fov.
            depth: Depth image registered to the image, if there is one.

        Raises:
            ModelError: A net failed.
        """
        nets, timer = self._nets, StageTimer()
        self._stage_times = timer.times
        self._use_threads(settings.threads)
        height, width = image.shape[:2]

        # 1. Does the image show anything?
        fault = self._watch.check(image, stamp, settings)
        timer.lap(WATCH)
        if fault is not None:
            self._forget_faces()
            alert, events = self._policy.unknown(stamp, *fault)
            return FrameResult(stamp, width, height, alert, events=events)

        # 2. Where are faces?
        working = _of_width(image, settings.working_width)
        detections = find_faces(working, nets.faces, settings)
        found = _by_size(detections, width / working.shape[1], settings.min_face_width)
        timer.lap(FACES)

        # 3. What is their mask probability by this frame alone?
        seen = self._observe(working, found, nets.masks, settings, timer)

        # 4. Which tracks do they belong to, and what is their smoothed mask probability?
        tracked = self._track(stamp, seen, settings)

        # 5. How far away are they, and how fast do they come nearer?
        if camera is None or camera.source is DistanceSource.NONE:
            camera = Pinhole.from_fov(width, height, settings.horizontal_fov)
        ranges = [face_range(each, camera, settings, depth) for each in found.originals]
        motions = self._follow(stamp, tracked, ranges, settings)

        # 6. The rule.
        faces = [
            _face(
                each,
                face,
                motion,
                # In the working image, where a ratio of whole pixels compares exactly.
                detection.box.width / working.shape[1],
                camera,
                settings,
            )
            for detection, each, face, motion in zip(
                found.detections, seen, tracked, motions, strict=True
            )
        ]
        alert, events = self._policy.update(stamp, faces, settings, load_zones(settings.zones))
        timer.lap(RULE)
        return FrameResult(stamp, width, height, alert, found.skipped, events)

    def _track(
        self, stamp: int, seen: list[Observation], settings: PerceptionSettings
    ) -> list[TrackedFace]:
        if settings.tracking:
            return self._tracker.update(stamp, seen, settings, settings.alert_confidence)
        self._forget_faces()
        return [_by_itself(each, stamp) for each in seen]

    def _follow(
        self,
        stamp: int,
        tracked: list[TrackedFace],
        ranges: list[Range],
        settings: PerceptionSettings,
    ) -> list[Motion]:
        """The motion of each face; for a face without a track, only its distance."""
        of_tracks = {
            face.track_id: range_
            for face, range_ in zip(tracked, ranges, strict=True)
            if face.track_id
        }
        motions = self._approach.update(stamp, of_tracks, settings, settings.track_memory)
        return [
            motions.get(face.track_id, Motion(range_))
            for face, range_ in zip(tracked, ranges, strict=True)
        ]

    def _observe(
        self,
        image: Image,
        found: _Found,
        classifier: MaskClassifier,
        settings: PerceptionSettings,
        timer: StageTimer,
    ) -> list[Observation]:
        """The mask probabilities of each face by this frame alone.

        Args:
            image: Image of the working width.
            found: The faces in it.
            classifier: The mask classifier.
            settings: How faces are cropped, and whether they are tracked.
            timer: Stage times of the frame.
        """
        detections = found.detections
        if not detections:
            return []
        trained = classifier.crop_spec
        margin = trained.margin if settings.crop_margin < 0.0 else settings.crop_margin
        spec = CropSpec(trained.size, margin, averages=settings.crop_interpolation == 'area')
        batch = self._cropper.crop(image, [detection.box for detection in detections], spec)
        weights = [1.0] * len(detections)
        if settings.tracking:
            weights = evidence_weights(batch, [each.box.width for each in detections]).tolist()
        timer.lap(CROPS)
        probabilities = classifier.classify(batch)
        timer.lap(MASKS)
        return [
            Observation(original.box, original.score, row[_MASK], row[_INCORRECT], weight)
            for original, row, weight in zip(
                found.originals, probabilities.tolist(), weights, strict=True
            )
        ]

    def _use_threads(self, threads: int) -> None:
        # OpenCV has one thread pool for the whole process.
        if threads != self._threads:
            usable = usable_threads(threads)
            cv2.setNumThreads(usable)
            self._cropper = FaceCropper(usable)
            self._threads = threads


def load_pipeline(settings: NetSettings) -> Pipeline:
    """A pipeline with the nets that the settings name, which has seen nothing yet.

    Raises:
        ModelError: A net cannot be loaded; the text says why.
    """
    return Pipeline(load_nets(settings), AlertPolicy())


class _Found(NamedTuple):
    """The faces of a frame.

    Attributes:
        detections: Those that are large enough to be classified, in the working image.
        originals: The same in the original image.
        skipped: Boxes of the smaller ones, in the original image.
    """

    detections: list[FaceDetection]
    originals: list[FaceDetection]
    skipped: tuple[Box, ...]


def _by_size(detections: list[FaceDetection], stretch: float, min_width: float) -> _Found:
    """Separate the faces that are large enough from those that are not.

    Args:
        detections: Faces in the working image.
        stretch: Width of the original image over that of the working image.
        min_width: Least width and height of a face in pixels of the original image.
    """
    large, originals, skipped = [], [], []
    for detection in detections:
        original = _stretched(detection, stretch)
        smaller = min(original.box.width, original.box.height)
        if smaller > 0.0 and min_width <= smaller:
            large.append(detection)
            originals.append(original)
        else:
            skipped.append(original.box)
    return _Found(large, originals, tuple(skipped))


def _of_width(image: Image, width: int) -> Image:
    height = image.shape[0]
    if width in (0, image.shape[1]):
        return image
    return np.asarray(cv2.resize(image, (width, height)), np.uint8)


def find_faces(
    image: Image, detector: FaceDetector, settings: PerceptionSettings
) -> list[FaceDetection]:
    """The faces of an image, best first, with the thresholds of the settings.

    Args:
        image: Image of the working width, height x width x 3, uint8, BGR.
        detector: The face detector that the settings name.
        settings: Confidences, input size, and whether boxes are truncated to whole pixels.
    """
    found = suppress_contained(
        detector.detect(image, settings.face_confidence, settings.face_input_size),
        settings.alert_confidence,
    )
    if not settings.whole_pixels:
        return found
    height, width = image.shape[:2]
    return [
        replace(detection, box=detection.box.truncated_to_pixels(width, height))
        for detection in found
    ]


def _stretched(detection: FaceDetection, factor: float) -> FaceDetection:
    """A detection in an image that is `factor` times as wide and exactly as high."""
    if factor == 1.0:
        return detection
    landmarks = tuple((x * factor, y) for x, y in detection.landmarks)
    return FaceDetection(detection.box.scaled_x(factor), detection.score, landmarks)


def _by_itself(seen: Observation, stamp: int) -> TrackedFace:
    return TrackedFace('', seen.mask_probability, seen.incorrect_probability, seen.score, stamp)


def _face(
    seen: Observation,
    tracked: TrackedFace,
    motion: Motion,
    width_ratio: float,
    camera: Pinhole,
    settings: MaskStateSettings,
) -> Face:
    state = mask_state(tracked.mask_probability, tracked.incorrect_probability, settings)
    shown = {MaskState.UNSURE: settings.unsure_state, MaskState.INCORRECT: settings.incorrect_state}
    if not shown.get(state, True):
        state = MaskState.NO_MASK
    return Face(
        box=seen.box,
        detection_score=tracked.detection_score,
        mask_probability=tracked.mask_probability,
        raw_mask_probability=seen.mask_probability,
        incorrect_probability=tracked.incorrect_probability,
        mask_state=state,
        width_ratio=width_ratio,
        track_id=tracked.track_id,
        distance=motion.range.distance,
        distance_stddev=motion.range.stddev,
        distance_source=motion.range.source,
        approach_speed=motion.approach_speed,
        time_to_contact=motion.time_to_contact,
        bearing=bearing(seen.box, camera),
        first_seen=tracked.first_seen,
    )
