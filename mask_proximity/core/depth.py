# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth images: metres for every pixel, where the sensor saw something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class DepthImage:
    """A depth image that is registered to the colour image.

    Attributes:
        metres: height x width, float32; NaN where nothing was measured.
        stamp: nanoseconds.
    """

    metres: npt.NDArray[np.float32]
    stamp: int
