# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes faces unrecognizable, in a way that cannot be undone by sharpening."""

from __future__ import annotations

import math
from collections.abc import Iterable

import cv2

from mask_proximity.core.types import Box, Image

MARGIN = 0.25
"""Share of its size by which a detector's box is grown on every side, to cover hair and chin."""

CELLS = 6
"""Number of averages along each side that are kept of a face; the eyes take up two of them."""

_MIN_CELL_PIXELS = 8


def blur_faces(image: Image, boxes: Iterable[Box]) -> None:
    """Replace each face by a few averages of its colours, with smooth transitions.

    Args:
        image: Picture, height x width x 3, uint8, BGR; changed in place.
        boxes: Boxes of the faces in pixels of `image`.
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
    return max(1, min(CELLS, pixels // _MIN_CELL_PIXELS))
