# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A face in one frame, and its values smoothed over all frames."""

from __future__ import annotations

from dataclasses import dataclass

from mask_proximity.core.types import Box


@dataclass(frozen=True, slots=True)
class Observation:
    """A face in one frame, independent of other frames.

    Attributes:
        box: Box in pixels of the original image.
        score: Score of the face detector, 0..1.
        mask_probability: P(mask) by this frame alone, 0..1.
        incorrect_probability: P(worn wrong) by this frame alone, 0..1.
        weight: Weight of this frame in the belief, 0..1 (see evidence_weights).
    """

    box: Box
    score: float
    mask_probability: float
    incorrect_probability: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """The values of a face in the newest frame, smoothed over all frames so far.

    Attributes:
        track_id: Id of the track, which is never reused for another person.
        mask_probability: Smoothed P(mask), 0..1.
        incorrect_probability: Smoothed P(worn wrong), 0..1.
        detection_score: Highest score of the face detector in this track, 0..1.
        first_seen: Timestamp of the first frame of the track in nanoseconds.
    """

    track_id: str
    mask_probability: float
    incorrect_probability: float
    detection_score: float
    first_seen: int
