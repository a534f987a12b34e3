# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the time of a frame goes."""

from __future__ import annotations

import time

WATCH, FACES, CROPS, MASKS, RULE = 'watch', 'faces', 'crops', 'masks', 'rule'
STAGES = (WATCH, FACES, CROPS, MASKS, RULE)
"""Of a frame, in their order: is the camera looking, the face detector, cutting faces out, the mask
classifier, and tracks, distances and alert."""

DECODE, PUBLISH = 'decode', 'publish'
NODE_STAGES = (DECODE, *STAGES, PUBLISH)
"""Likewise of an image in a node: from its message to a picture, and the messages that
come of it."""


class StageTimer:
    """Sums up the seconds of each stage of one frame."""

    def __init__(self) -> None:
        """Begin with the first stage."""
        self._times = dict.fromkeys(STAGES, 0.0)
        self._mark = time.perf_counter()

    @property
    def times(self) -> dict[str, float]:
        """Seconds by stage; 0 for one that the frame did not reach."""
        return self._times

    def lap(self, stage: str) -> None:
        """What has passed since the last call, or the beginning, was this stage."""
        now = time.perf_counter()
        self._times[stage] += now - self._mark
        self._mark = now
