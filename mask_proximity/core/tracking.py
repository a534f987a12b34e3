# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is who from frame to frame, and what the frames together say of the mask."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.scene import Box


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


def evidence_weights(
    faces: npt.NDArray[np.float32], widths: Sequence[float]
) -> npt.NDArray[np.float64]:
    """How much single pictures of faces tell of a mask, by their size and sharpness.

    Args:
        faces: n x side x side x 3, as the classifier gets them.
        widths: of the boxes, pixels.

    Returns:
        n numbers in (0, 1].
    """
    return np.ones(len(widths))


class FaceTracker:
    """Follows faces from frame to frame."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._ids = itertools.count(1)

    def update(
        self, stamp: int, observations: Sequence[Observation], settings: DetectorSettings
    ) -> list[TrackedFace]:
        """Take in a frame.

        Args:
            stamp: of the frame, nanoseconds. Time that goes backwards begins anew.
            observations: the faces of the frame.
            settings: of detector_node.

        Returns:
            One for each of `observations`, in their order.
        """
        return [
            TrackedFace(
                str(next(self._ids)),
                each.mask_probability,
                each.incorrect_probability,
                each.score,
                stamp,
            )
            for each in observations
        ]

    def reset(self) -> None:
        """Forget everybody; ids go on."""
