# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames with a known number of faces, and a pipeline that processes them."""

from __future__ import annotations

from itertools import cycle

import cv2
import numpy as np
import skimage.data

from benchmarks.guard.errors import GuardError
from mask_proximity.core.perception.pipeline import Pipeline, load_pipeline
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, FrameResult, Image

WIDTH, HEIGHT = 640, 480
RATE = 30
"""Frames per second, by their stamps."""

SETTINGS = DetectorSettings(threads=1)
"""All defaults but the threads: what one thread does is counted and timed exactly."""

_COLUMNS, _ROWS = 4, 2
_FRAMES = 8
_SETTLING = 4
"""Frames after which each further one takes the same: tracks are known, memory is there."""


def picture(faces: int) -> Image:
    """NASA's portrait of Eileen Collins so many times, in front of a blurred background.

    Args:
        faces: 0 to 8.

    Returns:
        480 x 640 x 3, uint8, BGR.
    """
    portrait = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
    scene = cv2.GaussianBlur(cv2.resize(portrait[300:], (WIDTH, HEIGHT)), (0, 0), 9.0)
    width, height = WIDTH // _COLUMNS, HEIGHT // _ROWS
    face = cv2.resize(portrait[:300, 120:320], (width, height), interpolation=cv2.INTER_AREA)
    for index in range(faces):
        x, y = index % _COLUMNS * width, index // _COLUMNS * height
        scene[y : y + height, x : x + width] = face
    return np.asarray(scene, np.uint8)


def clip(faces: int) -> list[Image]:
    """A picture as a camera shows it: no two frames have the same noise."""
    still, rng = picture(faces).astype(np.int16), np.random.default_rng(0)
    return [
        np.clip(still + rng.integers(-2, 3, still.shape), 0, 255).astype(np.uint8)
        for _ in range(_FRAMES)
    ]


class Watching:
    """A pipeline with the default settings that has been looking at a clip for a while."""

    def __init__(self, faces: int) -> None:
        """Load the nets and see the first frames.

        Raises:
            GuardError: the pipeline does not find the faces, so that no figure would be comparable.
        """
        self._pipeline: Pipeline = load_pipeline(SETTINGS)
        self._frames = cycle(clip(faces))
        self._stamp = 0
        for _ in range(_SETTLING):
            result = self.see_next()
        if len(result.faces) != faces:
            raise GuardError(
                f'The pipeline finds {len(result.faces)} of the {faces} faces that the guard shows '
                'it: mend the face detector, or choose other pictures in benchmarks/guard/clip.py.'
            )

    @property
    def pipeline(self) -> Pipeline:
        """That looks."""
        return self._pipeline

    def see_next(self) -> FrameResult:
        """Process one more frame."""
        self._stamp += NANOSECONDS // RATE
        return self._pipeline.process(next(self._frames), self._stamp, SETTINGS)
