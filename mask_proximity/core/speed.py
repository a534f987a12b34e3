# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast the two nets are on this machine, measured in a moment."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.pipeline import Nets

WIDTH, HEIGHT = 640, 480
"""Of the picture that is looked at."""

_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Speed:
    """What the nets take.

    Attributes:
        faces: seconds of a pass of the face detector.
        mask: seconds of the mask classifier for one face.
    """

    faces: float
    mask: float

    def rate(self, faces: int = 1) -> float:
        """Frames per second that the nets allow, with so many faces in each."""
        return 1.0 / (self.faces + faces * self.mask)


def measure_speed(nets: Nets, settings: DetectorSettings, repeats: int = _REPEATS) -> Speed:
    """Run both nets a few times, after a first time that is not counted.

    Args:
        nets: nobody else may use them meanwhile.
        settings: of the detector.
        repeats: of each; the median counts.
    """
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    size = nets.masks.crop_spec.size
    face = np.zeros((1, size, size, 3), np.float32)
    return Speed(
        _median(
            lambda: nets.faces.detect(image, settings.face_confidence, settings.face_input_size),
            repeats,
        ),
        _median(lambda: nets.masks.classify(face), repeats),
    )


def _median(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)
