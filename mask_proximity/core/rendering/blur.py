# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes faces unrecognizable, and in a way that no sharpening brings them back."""

from __future__ import annotations

import math
from collections.abc import Iterable

import cv2

from mask_proximity.core.types import Box, Image

MARGIN = 0.25
"""A detector's box is grown by this part of its size on every side: hair, chin and ears."""

CELLS = 6
"""So many averages along a side are all that is kept of a face; the eyes alone are two cells."""

_SMALLEST_CELL = 8


def blur_faces(image: Image, boxes: Iterable[Box]) -> None:
    """Replace each face by a few averages of its colours, smoothly joined.

    Args:
        image: height x width x 3, uint8, BGR; changed in place.
        boxes: of the faces, pixels of `image`.
    """
    height, width = image.shape[:2]
    for box in boxes:
        grown = box.expanded(MARGIN).clamped(width, height)
        x1, y1 = math.floor(grown.x1), math.floor(grown.y1)
        x2, y2 = math.ceil(grown.x2), math.ceil(grown.y2)
        if x2 <= x1 or y2 <= y1:
            continue
        face = image[y1:y2, x1:x2]
        cells = (_cells(x2 - x1), _cells(y2 - y1))
        averages = cv2.resize(face, cells, interpolation=cv2.INTER_AREA)
        face[:] = cv2.resize(averages, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)


def _cells(pixels: int) -> int:
    return max(1, min(CELLS, pixels // _SMALLEST_CELL))
