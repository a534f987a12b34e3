# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What one frame turns into on its way through the core.

Boxes are pixels of the original image, floats, `x1, y1, x2, y2` with the origin in the upper left
corner. Distances are metres, speeds metres per second, probabilities lie in [0, 1], unknown
floats are NaN, stamps are integer nanoseconds, as in ROS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, IntEnum

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""A colour picture: height x width x 3, uint8, BGR, as OpenCV has it."""

FloatArray = npt.NDArray[np.float32]

NANOSECONDS = 1_000_000_000
"""In a second."""

MAINTAIN_DISTANCE = 'Maintain Distance'

LABELS = ('mask', 'incorrect', 'no_mask')
"""The classes in the order of `MaskClassifier.classify`, whatever the order of the net's outputs.

'incorrect' is a mask worn below the nose or the chin.
"""


class MaskState(IntEnum):
    """What a face wears; the values are those of FaceProximity.msg."""

    UNSURE = 0
    MASK = 1
    NO_MASK = 2
    INCORRECT = 3


class DistanceSource(IntEnum):
    """Where a distance comes from; the values are those of FaceProximity.msg."""

    NONE = 0
    FACE_WIDTH_CALIBRATED = 1
    FACE_WIDTH_FOV = 2
    DEPTH = 3


class Level(IntEnum):
    """How near danger is, in rising order of evidence; UNKNOWN means that nobody is looking."""

    UNKNOWN = 0
    CLEAR = 1
    CAUTION = 2
    ALERT = 3


class Reason(IntEnum):
    """Why the level is what it is; the values are those of ProximityAlert.msg."""

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
        """The box cut to whole pixels, none beyond the last of an image of `width` x `height`."""
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
        """Intersection with `other` over the area of the smaller of both, in [0, 1]."""
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
        box: where, pixels.
        score: how sure, 0..1.
        landmarks: (x, y) in pixels of the right eye, the left eye, the tip of the nose and the
            corners of the mouth, the right one first, all as the person has them; empty where the
            detector gives none.
    """

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """A face with all that is known about it. Mirrors FaceProximity.msg, unit by unit.

    What the message does not have: `raw_mask_probability`, which is that of this frame alone, while
    `mask_probability` is the belief that the rule uses; and `incorrect_probability`, the part of
    its complement that goes to a mask worn wrong, while the rest goes to no mask.
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
    """The statement about a whole frame. Mirrors ProximityAlert.msg.

    Attributes:
        level: UNKNOWN, CLEAR, CAUTION or ALERT.
        reason: why.
        text: 'Maintain Distance' on ALERT, one plain sentence otherwise.
        since: stamp, in nanoseconds, of the image with which this level began.
        faces: the most urgent first; empty when the level is UNKNOWN.
    """

    level: Level
    reason: Reason
    text: str
    since: int
    faces: tuple[Face, ...] = ()


class EventKind(Enum):
    """What has happened."""

    LEVEL = 'level'
    ENTERED = 'entered'
    LEFT = 'left'
    RESET = 'reset'


@dataclass(frozen=True, slots=True)
class Event:
    """A change that the policy tells of.

    Attributes:
        stamp: of the frame, nanoseconds.
        kind: LEVEL: the level of the alert changed; ENTERED, LEFT: somebody who counts came within
            a limit, or no longer is; RESET: time went backwards, and all was forgotten.
        before: the level so far, of the alert or of this person.
        level: the level from now on.
        track_id: of the person; empty for LEVEL and RESET, and where faces are not tracked.
    """

    stamp: int
    kind: EventKind
    before: Level
    level: Level
    track_id: str = ''


@dataclass(frozen=True, slots=True)
class FrameResult:
    """Everything the pipeline found in one frame: what is drawn, sent and written downstream.

    Attributes:
        stamp: of the frame, nanoseconds.
        width: of the frame, pixels.
        height: of the frame, pixels.
        alert: the level with the faces behind it.
        skipped: boxes of detections that were too small to be classified; may be empty boxes.
        events: what has changed with this frame.
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
    """A face that the source knows to be in the frame, for sources that know.

    Attributes:
        box: as the face detector would draw it around the face, pixels, not clamped.
        mask_state: MASK or NO_MASK (or INCORRECT).
        distance: from the camera to the face along the optical axis, metres.
        name: of the person.
        yaw: of the head, from the camera to the person's left, radians.
    """

    box: Box
    mask_state: MaskState
    distance: float
    name: str
    yaw: float = 0.0
