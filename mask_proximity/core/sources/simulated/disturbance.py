# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What befalls the simulated camera: it is covered, turns black, freezes, or falls silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from mask_proximity.core.types import Image


class Fault(Enum):
    """Of the camera."""

    COVERED = 'covered'
    BLACK = 'black'
    FROZEN = 'frozen'
    STALLED = 'stalled'


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Fault for a while.

    Attributes:
        fault: what it is.
        start: seconds since the scene began.
        end: likewise, later.
    """

    fault: Fault
    start: float
    end: float


def fault_at(time: float, disturbances: Sequence[Disturbance]) -> Fault | None:
    """What is wrong with the camera at a time in seconds; the first of several."""
    return next((each.fault for each in disturbances if each.start <= time < each.end), None)


def covered(height: int, width: int) -> Image:
    """What a camera sees with a hand close over the lens: dim red, without any edge."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    glow = np.exp(-(((x / width - 0.7) / 0.6) ** 2) - ((y / height - 0.2) / 0.6) ** 2)
    color = np.array([7.0, 8.0, 18.0], np.float32) * (0.6 + 0.8 * glow)[..., None]
    return np.asarray(color.round(), np.uint8)


def black(height: int, width: int) -> Image:
    """What a camera sees without any light."""
    return np.zeros((height, width, 3), np.uint8)
