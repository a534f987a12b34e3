# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A face in one frame, and what all frames say of it."""

from __future__ import annotations

from dataclasses import dataclass

from mask_proximity.core.types import Box


@dataclass(frozen=True, slots=True)
class Observation:
    """A face in one frame, by itself.

    Attributes:
        box: pixels of the original image.
        score: of the face detector, 0..1.
        mask_probability: P(mask) by this frame alone, 0..1.
        incorrect_probability: P(worn wrong) likewise.
        weight: how much this counts for the belief, 0..1 (see evidence_weights).
    """

    box: Box
    score: float
    mask_probability: float
    incorrect_probability: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """What all frames so far say of a face of the newest one.

    Attributes:
        track_id: of the person; never used again for another one.
        mask_probability: the belief, 0..1.
        incorrect_probability: likewise.
        detection_score: how sure it is that this is a face, 0..1.
        first_seen: stamp of the frame with which the track began, nanoseconds.
    """

    track_id: str
    mask_probability: float
    incorrect_probability: float
    detection_score: float
    first_seen: int
