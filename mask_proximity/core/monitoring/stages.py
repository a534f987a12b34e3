# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How long each stage of processing a frame takes."""

from __future__ import annotations

import time

WATCH, FACES, CROPS, MASKS, RULE = 'watch', 'faces', 'crops', 'masks', 'rule'
STAGES = (WATCH, FACES, CROPS, MASKS, RULE)
"""Stages of a frame in their order: the camera check, the face detector, cropping the faces, the
mask classifier, and finally tracks, distances and the alert."""

DECODE, PUBLISH = 'decode', 'publish'
NODE_STAGES = (DECODE, *STAGES, PUBLISH)
"""Stages of an image in a node: decoding the message, the stages of a frame, publishing."""


class StageTimer:
    """Sums up the seconds of each stage of one frame; starts when it is created."""

    def __init__(self) -> None:
        self._times = dict.fromkeys(STAGES, 0.0)
        self._mark = time.perf_counter()

    @property
    def times(self) -> dict[str, float]:
        """Seconds per stage; 0 for a stage that the frame did not reach."""
        return self._times

    def lap(self, stage: str) -> None:
        """Add the time since the last call (or the start) to this stage."""
        now = time.perf_counter()
        self._times[stage] += now - self._mark
        self._mark = now
