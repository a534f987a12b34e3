# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Colours, labels and font that overlay, markers and charts share."""

from __future__ import annotations

import cv2

from mask_proximity.core.types import Level, MaskState

Color = tuple[int, int, int]
"""Blue, green, red; 0..255 each."""

FONT = cv2.FONT_HERSHEY_SIMPLEX

RED: Color = (40, 40, 230)
WHITE: Color = (255, 255, 255)
DARK: Color = (32, 28, 24)

FACE_COLORS: dict[MaskState, Color] = {
    # As in the tutorial.
    MaskState.MASK: (100, 155, 0),
    MaskState.NO_MASK: (0, 100, 155),
    MaskState.INCORRECT: (150, 60, 140),
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

LEVEL_TINTS: dict[Level, str] = {
    Level.UNKNOWN: '#d5d9de',
    Level.CLEAR: '#e2f0dc',
    Level.CAUTION: '#fde7b5',
    Level.ALERT: '#f8c4be',
}
"""Light variants of the level colours (RGB in hexadecimal), for the background of a chart."""
