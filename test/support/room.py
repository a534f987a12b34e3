# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""An empty room: nobody is in it, and yet the camera sees something."""

from __future__ import annotations

import numpy as np

from mask_proximity.core.types import Image


def empty_room(width: int = 640, height: int = 480, light: float = 1.0) -> Image:
    """A wall and a floor with a door in between.

    Args:
        width: pixels.
        height: pixels.
        light: by which it is seen, 0..1.
    """
    picture = np.full((height, width, 3), 200.0)
    picture[height * 2 // 3 :] = 128.0
    picture[height // 4 : height * 2 // 3, width // 2 : width * 5 // 8] = (60.0, 90.0, 140.0)
    return np.asarray(picture * light, np.uint8)
