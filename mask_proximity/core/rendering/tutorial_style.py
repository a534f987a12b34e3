# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The drawing style of the tutorial that this package grew from: no banner, no distance."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from mask_proximity.core.rendering.style import FACE_COLORS, FONT, Color
from mask_proximity.core.types import MAINTAIN_DISTANCE, Face, Image, Level, MaskState

SIZE, THICKNESS = 0.45, 2
LABEL_GAP = 10
"""Pixels between a box and the baseline of its label."""

PURE_RED: Color = (0, 0, 255)

_SPACE_PIXELS = 4


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with its lower left corner in pixels, as in cv2.putText."""

    text: str
    x: int
    y: int

    @property
    def size(self) -> tuple[int, int, int]:
        """Width, height above the baseline, and depth below it, in pixels."""
        (width, height), depth = cv2.getTextSize(self.text, FONT, SIZE, THICKNESS)
        # OpenCV measures from the middle of a thick line.
        return width, height + THICKNESS // 2, depth

    def overlaps(self, other: _Text) -> bool:
        """Whether this text and another one overlap or nearly touch."""
        (width, height, depth), (other_width, other_height, other_depth) = self.size, other.size
        return (
            self.x < other.x + other_width + _SPACE_PIXELS
            and other.x < self.x + width + _SPACE_PIXELS
            and self.y - height < other.y + other_depth
            and other.y - other_height < self.y + depth
        )

    def draw(self, canvas: Image, color: Color) -> None:
        """Write the text onto `canvas`."""
        cv2.putText(canvas, self.text, (self.x, self.y), FONT, SIZE, color, THICKNESS)


def draw_face(canvas: Image, face: Face) -> None:
    """Draw the box and the label of a face, and the warning on ALERT.

    Args:
        canvas: Picture, height x width x 3, uint8, BGR; changed in place.
        face: Face with its box in pixels of `canvas`.
    """
    box = face.box
    # The tutorial's boxes are whole pixels. Scaling to the original size and back added small
    # rounding errors, which this removes.
    x1, y1, x2, y2 = (round(value) for value in (box.x1, box.y1, box.x2, box.y2))
    masked = face.mask_state is MaskState.MASK
    confidence = max(face.mask_probability, 1.0 - face.mask_probability)
    text = f'{"Mask" if masked else "No Mask"}: {confidence * 100:.2f}%'
    label = _Text(text, x1, y1 - LABEL_GAP)
    color = FACE_COLORS[MaskState.MASK if masked else MaskState.NO_MASK]
    label.draw(canvas, color)
    cv2.rectangle(canvas, (x1, y1), (x2, y2), color, THICKNESS)
    if face.level is Level.ALERT:
        _warning(canvas, label, x2, y1).draw(canvas, PURE_RED)


def _warning(canvas: Image, label: _Text, x2: int, y1: int) -> _Text:
    """'Maintain Distance' near the upper right corner, inside the picture and beside the label."""
    width, height, depth = _Text(MAINTAIN_DISTANCE, 0, 0).size
    row = height + depth + _SPACE_PIXELS

    def at(x: int, y: int) -> _Text:
        return _Text(MAINTAIN_DISTANCE, max(0, min(x, canvas.shape[1] - width)), y)

    beside = max(label.x + label.size[0] + 2 * _SPACE_PIXELS, x2 - width // 2)
    places = (
        at(x2 - width // 2, label.y - row),
        at(beside, max(label.y, height)),
        at(x2 - width // 2, y1 + row),
    )
    free = (text for text in places if text.y >= height and not text.overlaps(label))
    return next(free, places[-1])
