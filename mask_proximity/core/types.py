# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The types that pass through the core: boxes, faces, alerts, events, the result of a frame.

Boxes are pixels of the original image, floats, `x1, y1, x2, y2` with the origin in the upper left
corner. Distances are in metres, speeds in metres per second, probabilities in [0, 1]. Unknown
floats are NaN. Stamps are integers in nanoseconds, as in ROS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, IntEnum

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""A colour picture: height x width x 3, uint8, BGR, as in OpenCV."""

FloatArray = npt.NDArray[np.float32]

NANOSECONDS = 1_000_000_000
"""Nanoseconds per second."""

MAINTAIN_DISTANCE = 'Maintain Distance'

LABELS = ('mask', 'incorrect', 'no_mask')
"""The classes in the order of `MaskClassifier.classify`, which need not be that of the net's
outputs. 'incorrect' means a mask worn below the nose or the chin."""


class MaskState(IntEnum):
    """Whether a face wears a mask; the values are those of FaceProximity.msg."""

    UNSURE = 0
    MASK = 1
    NO_MASK = 2
    INCORRECT = 3


class DistanceSource(IntEnum):
    """How a distance was measured; the values are those of FaceProximity.msg."""

    NONE = 0
    FACE_WIDTH_CALIBRATED = 1
    FACE_WIDTH_FOV = 2
    DEPTH = 3


class Level(IntEnum):
    """Level of the alert, in rising order. UNKNOWN means that nothing is being watched."""

    UNKNOWN = 0
    CLEAR = 1
    CAUTION = 2
    ALERT = 3


class Reason(IntEnum):
    """Reason for the level; the values are those of ProximityAlert.msg."""

    NO_IMAGE = 0
    STALE_IMAGE = 1
    INACTIVE = 2
    FAULT = 3
    FROZEN_IMAGE = 4
    DARK_IMAGE = 5
    NO_FACE = 10
    NOBODY_NEAR = 11
    MASKED = 12
    APPROACHING = 20
    UNSURE_NEAR = 21
    HELD = 22
    NO_MASK_NEAR = 30


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box in pixels of the original image."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Width in pixels, never negative."""
        return max(0.0, self.x2 - self.x1)

    @property
    def height(self) -> float:
        """Height in pixels, never negative."""
        return max(0.0, self.y2 - self.y1)

    @property
    def center(self) -> tuple[float, float]:
        """Centre as (x, y)."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def clamped(self, width: int, height: int) -> Box:
        """The part of the box inside an image of `width` x `height`; may be empty."""
        return Box(
            min(max(self.x1, 0.0), float(width)),
            min(max(self.y1, 0.0), float(height)),
            min(max(self.x2, 0.0), float(width)),
            min(max(self.y2, 0.0), float(height)),
        )

    def expanded(self, margin: float) -> Box:
        """The box grown on every side by `margin` times its width or height."""
        dx, dy = margin * self.width, margin * self.height
        return Box(self.x1 - dx, self.y1 - dy, self.x2 + dx, self.y2 + dy)

    def truncated_to_pixels(self, width: int, height: int) -> Box:
        """The box with integer coordinates, clamped to the pixels of a `width` x `height` image."""
        return Box(
            float(max(0, int(self.x1))),
            float(max(0, int(self.y1))),
            float(min(width - 1, int(self.x2))),
            float(min(height - 1, int(self.y2))),
        )

    def scaled_x(self, factor: float) -> Box:
        """The box in an image that is `factor` times as wide and exactly as high."""
        return Box(self.x1 * factor, self.y1, self.x2 * factor, self.y2)

    def intersection_over_smaller(self, other: Box) -> float:
        """Area of the intersection with `other` over that of the smaller box, in [0, 1]."""
        smaller = min(self.width * self.height, other.width * other.height)
        return self._intersection(other) / smaller if smaller > 0 else 0.0

    def _intersection(self, other: Box) -> float:
        shared = Box(
            max(self.x1, other.x1),
            max(self.y1, other.y1),
            min(self.x2, other.x2),
            min(self.y2, other.y2),
        )
        return shared.width * shared.height

    def iou(self, other: Box) -> float:
        """Intersection over union with `other`, in [0, 1]."""
        intersection = self._intersection(other)
        union = self.width * self.height + other.width * other.height - intersection
        return intersection / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class FaceDetection:
    """A face found by a detector.

    Attributes:
        box: Box of the face in pixels.
        score: Confidence of the detector, 0..1.
        landmarks: Points (x, y) in pixels: right eye, left eye, tip of the nose, right corner and
            left corner of the mouth. Left and right are the person's. Empty if the detector gives
            none.
    """

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """Everything known about a face. Mirrors FaceProximity.msg, in the same units.

    Two fields are not in the message. `raw_mask_probability` is the probability in this frame
    alone, while `mask_probability` is smoothed over time and is what the alert uses.
    `incorrect_probability` is the share of `1 - mask_probability` that belongs to a mask worn
    incorrectly; the rest belongs to no mask.
    """

    box: Box
    detection_score: float
    mask_probability: float
    mask_state: MaskState
    width_ratio: float
    level: Level = Level.CLEAR
    track_id: str = ''
    distance: float = math.nan
    distance_stddev: float = math.nan
    distance_source: DistanceSource = DistanceSource.NONE
    approach_speed: float = math.nan
    time_to_contact: float = math.nan
    bearing: float = math.nan
    zone: str = ''
    first_seen: int = 0
    raw_mask_probability: float = math.nan
    incorrect_probability: float = math.nan


@dataclass(frozen=True, slots=True)
class Alert:
    """The alert for a whole frame. Mirrors ProximityAlert.msg.

    Attributes:
        level: UNKNOWN, CLEAR, CAUTION or ALERT.
        reason: Reason for the level.
        text: 'Maintain Distance' on ALERT, otherwise one plain sentence.
        since: Stamp, in nanoseconds, of the image with which this level began.
        faces: Faces, the most urgent first; empty if the level is UNKNOWN.
    """

    level: Level
    reason: Reason
    text: str
    since: int
    faces: tuple[Face, ...] = ()


class EventKind(Enum):
    """Kind of an event; see `Event.kind`."""

    LEVEL = 'level'
    ENTERED = 'entered'
    LEFT = 'left'
    RESET = 'reset'


@dataclass(frozen=True, slots=True)
class Event:
    """A change that the alert policy reports.

    Attributes:
        stamp: Frame timestamp in nanoseconds.
        kind: LEVEL: the level of the alert changed. ENTERED, LEFT: a person who counts came within
            a limit or no longer is. RESET: time went backwards, and all state was discarded.
        before: Previous level of the alert or of this person.
        level: New level.
        track_id: Track of the person; empty for LEVEL and RESET, and if faces are not tracked.
    """

    stamp: int
    kind: EventKind
    before: Level
    level: Level
    track_id: str = ''


@dataclass(frozen=True, slots=True)
class FrameResult:
    """Everything the pipeline found in one frame: what is drawn, published and written.

    Attributes:
        stamp: Frame timestamp in nanoseconds.
        width: Frame width in pixels.
        height: Frame height in pixels.
        alert: Alert with the faces that it is based on.
        skipped: Boxes of detections that were too small to be classified. A box may be empty.
        events: Changes that came with this frame.
    """

    stamp: int
    width: int
    height: int
    alert: Alert
    skipped: tuple[Box, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces of the frame, most urgent first."""
        return self.alert.faces


@dataclass(frozen=True, slots=True)
class TrueFace:
    """Ground truth for a face in the frame, from a source that knows it.

    Attributes:
        box: Box as the face detector would draw it, in pixels, not clamped to the image.
        mask_state: MASK, NO_MASK or INCORRECT.
        distance: Distance from the camera along the optical axis, in metres.
        name: Name of the person.
        yaw: Yaw of the head in radians, from the camera towards the person's left.
    """

    box: Box
    mask_state: MaskState
    distance: float
    name: str
    yaw: float = 0.0
