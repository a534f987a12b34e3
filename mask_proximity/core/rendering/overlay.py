# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws an alert onto its picture, in the default style or in that of the tutorial."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from mask_proximity.core.rendering import tutorial_style
from mask_proximity.core.rendering.blur import blur_faces
from mask_proximity.core.rendering.settings import DrawingSettings
from mask_proximity.core.rendering.style import (
    DARK,
    FACE_COLORS,
    FACE_LABELS,
    FONT,
    LEVEL_COLORS,
    RED,
    WHITE,
    Color,
)
from mask_proximity.core.types import MAINTAIN_DISTANCE, Alert, Box, Face, Image, Level

# A slower approach is not written beside the face, in metres per second.
_MIN_SHOWN_SPEED = 0.2


@dataclass(frozen=True, slots=True)
class OverlayAnnotator:
    """Draws alerts onto pictures.

    Attributes:
        settings: What is drawn, and in which style.
    """

    settings: DrawingSettings = DrawingSettings()

    def annotate(self, image: Image, alert: Alert, others: Iterable[Box] = ()) -> Image:
        """Draw onto a copy of the picture.

        Args:
            image: Picture, height x width x 3, uint8, BGR; it is not changed.
            alert: Alert for exactly this picture.
            others: Boxes of further faces, which are not drawn, but blurred if faces are blurred.

        Returns:
            The annotated copy. Its height is the same, its width is `working_width` if that is set.
        """
        canvas: Image = image.copy()
        if self.settings.blur_faces:
            blur_faces(canvas, [*(face.box for face in alert.faces), *others])
        width = self.settings.working_width or canvas.shape[1]
        stretch = width / canvas.shape[1]
        if width != canvas.shape[1]:
            canvas = np.asarray(cv2.resize(canvas, (width, canvas.shape[0])), np.uint8)
        # The most urgent face is drawn last, so that no other one covers it.
        faces = [
            dataclasses.replace(face, box=face.box.scaled_x(stretch))
            for face in reversed(alert.faces)
        ]
        if self.settings.style == 'tutorial':
            for face in faces:
                tutorial_style.draw_face(canvas, face)
            return canvas
        scale = min(max(min(canvas.shape[0] / 480.0, width / 640.0), 0.6), 16.0)
        for face in faces:
            self._draw_face(canvas, face, scale)
        _draw_banner(canvas, alert, scale)
        return canvas

    def _draw_face(self, canvas: Image, face: Face, scale: float) -> None:
        box = face.box
        color = FACE_COLORS[face.mask_state]
        x1, y1, x2, y2 = (round(value) for value in (box.x1, box.y1, box.x2, box.y2))
        cv2.rectangle(canvas, (x1, y1), (x2, y2), color, max(2, round(2 * scale)), cv2.LINE_AA)
        confidence = max(face.mask_probability, 1.0 - face.mask_probability)
        rows = [(f'{FACE_LABELS[face.mask_state]}: {confidence * 100:.2f}%', color)]
        if face.level is Level.ALERT:
            rows.insert(0, (MAINTAIN_DISTANCE, RED))
        _draw_rows(canvas, rows, (x1, y1 - len(rows) * _row_height(scale)), scale)
        caption = self._caption(face)
        if caption:
            _draw_rows(canvas, [(caption, color)], (x1, y2), scale)

    def _caption(self, face: Face) -> str:
        """Track, distance and approach speed: '#3  1.3 m  nearing 0.8 m/s'."""
        parts = [f'#{face.track_id}'] if face.track_id else []
        if self.settings.draw_distance and math.isfinite(face.distance):
            parts.append(f'{face.distance:.1f} m')
            # False if the speed is unknown (NaN).
            if face.approach_speed >= _MIN_SHOWN_SPEED:
                parts.append(f'nearing {face.approach_speed:.1f} m/s')
        return '  '.join(parts)


def _row_height(scale: float) -> int:
    return round(22 * scale)


def _draw_rows(
    canvas: Image, rows: list[tuple[str, Color]], corner: tuple[int, int], scale: float
) -> None:
    """Write rows of text on filled strips of equal width.

    `corner`, the upper left one, is moved so that the strips are inside the picture.
    """
    size = 0.52 * scale
    thickness = max(1, round(1.2 * scale))
    pad, height = round(5 * scale), _row_height(scale)
    width = 2 * pad + max(cv2.getTextSize(text, FONT, size, thickness)[0][0] for text, _ in rows)
    x = max(0, min(corner[0], canvas.shape[1] - width))
    top = max(0, min(corner[1], canvas.shape[0] - height * len(rows)))
    for index, (text, color) in enumerate(rows):
        y = top + index * height
        cv2.rectangle(canvas, (x, y), (x + width, y + height), color, cv2.FILLED)
        baseline = (x + pad, y + round(height * 0.72))
        cv2.putText(canvas, text, baseline, FONT, size, WHITE, thickness, cv2.LINE_AA)


def _draw_banner(canvas: Image, alert: Alert, scale: float) -> None:
    """Draw the level and its reason along the lower edge, and a border on ALERT."""
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
