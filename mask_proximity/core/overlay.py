# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws what the alert decided onto the picture; it decides nothing itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from mask_proximity.core.scene import MAINTAIN_DISTANCE, Alert, Face, Image, Level, MaskState

Color = tuple[int, int, int]

FONT = cv2.FONT_HERSHEY_SIMPLEX
RED: Color = (40, 40, 230)
WHITE: Color = (255, 255, 255)
DARK: Color = (32, 28, 24)

# Mask and No Mask in the tutorial's colours; all BGR.
FACE_COLORS: dict[MaskState, Color] = {
    MaskState.MASK: (100, 155, 0),
    MaskState.NO_MASK: (0, 100, 155),
    MaskState.INCORRECT: (0, 100, 155),
    MaskState.UNSURE: (0, 170, 215),
}
FACE_LABELS: dict[MaskState, str] = {
    MaskState.MASK: 'Mask',
    MaskState.NO_MASK: 'No Mask',
    MaskState.INCORRECT: 'Mask worn wrong',
    MaskState.UNSURE: 'Unsure',
}
LEVEL_COLORS: dict[Level, Color] = {
    Level.UNKNOWN: (130, 120, 110),
    Level.CLEAR: (95, 140, 40),
    Level.CAUTION: (0, 150, 225),
    Level.ALERT: RED,
}


@dataclass(frozen=True, slots=True)
class OverlayAnnotator:
    """Draws an alert. The style is in the constructor, the drawing in `annotate`.

    Attributes:
        draw_distance: write the distance below each box where it is known.
    """

    draw_distance: bool = True

    def annotate(self, image: Image, alert: Alert) -> Image:
        """Draw onto a copy of the picture.

        Args:
            image: height x width x 3, uint8, BGR; stays as it is.
            alert: of exactly this picture.

        Returns:
            The annotated copy, of the same shape.
        """
        canvas: Image = image.copy()
        scale = min(max(image.shape[0] / 480.0, 0.6), 4.0)
        # The most urgent face comes last, so that nothing covers it.
        for face in reversed(alert.faces):
            self._draw_face(canvas, face, scale)
        _draw_banner(canvas, alert, scale)
        return canvas

    def _draw_face(self, canvas: Image, face: Face, scale: float) -> None:
        box = face.box
        color = FACE_COLORS[face.mask_state]
        x1, y1, x2, y2 = (round(value) for value in (box.x1, box.y1, box.x2, box.y2))
        cv2.rectangle(canvas, (x1, y1), (x2, y2), color, max(2, round(2 * scale)), cv2.LINE_AA)
        surer = max(face.mask_probability, 1.0 - face.mask_probability)
        label = f'{FACE_LABELS[face.mask_state]}: {surer * 100:.2f}%'
        rows = [(label, color)]
        if face.level is Level.ALERT:
            rows.insert(0, (MAINTAIN_DISTANCE, RED))
        height = _text_height(scale)
        top = max(0, y1 - len(rows) * height)
        for index, (text, background) in enumerate(rows):
            _draw_label(canvas, text, (x1, top + index * height), scale, background)
        if self.draw_distance and math.isfinite(face.distance):
            _draw_label(canvas, f'{face.distance:.1f} m', (x1, y2), scale, color)


def _text_height(scale: float) -> int:
    return round(22 * scale)


def _draw_label(
    canvas: Image, text: str, corner: tuple[int, int], scale: float, color: Color
) -> None:
    """Write on a filled strip whose upper left corner is `corner`, moved into the picture."""
    size = 0.52 * scale
    thickness = max(1, round(1.2 * scale))
    (text_width, _), _ = cv2.getTextSize(text, FONT, size, thickness)
    pad = round(5 * scale)
    width, height = text_width + 2 * pad, _text_height(scale)
    x = max(0, min(corner[0], canvas.shape[1] - width))
    y = max(0, min(corner[1], canvas.shape[0] - height))
    cv2.rectangle(canvas, (x, y), (x + width, y + height), color, cv2.FILLED)
    baseline = (x + pad, y + round(height * 0.72))
    cv2.putText(canvas, text, baseline, FONT, size, WHITE, thickness, cv2.LINE_AA)


def _draw_banner(canvas: Image, alert: Alert, scale: float) -> None:
    """The level and its reason along the lower edge, and a frame around an ALERT."""
    color = LEVEL_COLORS[alert.level]
    height, width = canvas.shape[:2]
    strip = round(30 * scale)
    if strip < height:
        band = canvas[height - strip :]
        band[:] = cv2.addWeighted(band, 0.25, np.full_like(band, DARK), 0.75, 0.0)
    size, thickness = 0.55 * scale, max(1, round(1.3 * scale))
    baseline = height - round(9 * scale)
    (level_width, _), _ = cv2.getTextSize(alert.level.name, FONT, size, thickness)
    pad = round(10 * scale)
    cv2.rectangle(canvas, (0, height - strip), (level_width + 2 * pad, height), color, cv2.FILLED)
    cv2.putText(
        canvas, alert.level.name, (pad, baseline), FONT, size, WHITE, thickness, cv2.LINE_AA
    )
    cv2.putText(
        canvas,
        alert.text,
        (level_width + 3 * pad, baseline),
        FONT,
        size * 0.92,
        WHITE,
        max(1, round(scale)),
        cv2.LINE_AA,
    )
    if alert.level is Level.ALERT:
        cv2.rectangle(
            canvas, (0, 0), (width - 1, height - 1), color, max(3, round(4 * scale)), cv2.LINE_AA
        )
