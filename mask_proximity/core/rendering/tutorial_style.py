# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws as the tutorial did that this package grew from: whole pixels, no banner, no distance."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from mask_proximity.core.types import MAINTAIN_DISTANCE, Face, Image, Level, MaskState

Color = tuple[int, int, int]

FONT, SIZE, THICKNESS = cv2.FONT_HERSHEY_SIMPLEX, 0.45, 2
LABEL_GAP = 10
"""Between the box and the foot of its label, pixels."""

# BGR.
MASK: Color = (100, 155, 0)
NO_MASK: Color = (0, 100, 155)
RED: Color = (0, 0, 255)

_SPACE = 4


@dataclass(frozen=True, slots=True)
class _Text:
    """A text by its lower left corner (as cv2.putText has it) and its extent, pixels."""

    text: str
    x: int
    y: int

    @property
    def size(self) -> tuple[int, int, int]:
        """Width, height above the foot, depth below it."""
        (width, height), depth = cv2.getTextSize(self.text, FONT, SIZE, THICKNESS)
        # OpenCV counts from the middle of a thick line.
        return width, height + THICKNESS // 2, depth

    def overlaps(self, other: _Text) -> bool:
        """Whether the two would run into each other."""
        (width, height, depth), (other_width, other_height, other_depth) = self.size, other.size
        return (
            self.x < other.x + other_width + _SPACE
            and other.x < self.x + width + _SPACE
            and self.y - height < other.y + other_depth
            and other.y - other_height < self.y + depth
        )

    def draw(self, canvas: Image, color: Color) -> None:
        """Write it."""
        cv2.putText(canvas, self.text, (self.x, self.y), FONT, SIZE, color, THICKNESS)


def draw_face(canvas: Image, face: Face) -> None:
    """Draw box and label of a face, and on ALERT the warning.

    Args:
        canvas: height x width x 3, uint8, BGR; drawn on.
        face: with its box in pixels of `canvas`.
    """
    box = face.box
    # The detector had whole pixels; on the way to the original and back they lost a trace.
    x1, y1, x2, y2 = (round(value) for value in (box.x1, box.y1, box.x2, box.y2))
    masked = face.mask_state is MaskState.MASK
    surer = max(face.mask_probability, 1.0 - face.mask_probability)
    label = _Text(f'{"Mask" if masked else "No Mask"}: {surer * 100:.2f}%', x1, y1 - LABEL_GAP)
    color = MASK if masked else NO_MASK
    label.draw(canvas, color)
    cv2.rectangle(canvas, (x1, y1), (x2, y2), color, THICKNESS)
    if face.level is Level.ALERT:
        _warning(canvas, label, x2, y1).draw(canvas, RED)


def _warning(canvas: Image, label: _Text, x2: int, y1: int) -> _Text:
    """'Maintain Distance' near the upper right corner, in the picture and off the label."""
    width, height, depth = _Text(MAINTAIN_DISTANCE, 0, 0).size
    row = height + depth + _SPACE

    def at(x: int, y: int) -> _Text:
        return _Text(MAINTAIN_DISTANCE, max(0, min(x, canvas.shape[1] - width)), y)

    beside = max(label.x + label.size[0] + 2 * _SPACE, x2 - width // 2)
    places = (
        at(x2 - width // 2, label.y - row),
        at(beside, max(label.y, height)),
        at(x2 - width // 2, y1 + row),
    )
    free = (text for text in places if text.y >= height and not text.overlaps(label))
    return next(free, places[-1])
