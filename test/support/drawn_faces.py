# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Drawn faces in two classes that are easy to tell apart."""

from __future__ import annotations

import cv2
import numpy as np

from mask_proximity.core.types import Image

COUNTS = {'train': 48, 'val': 16, 'test': 32}
"""So many are drawn for each split."""

ALPHA = 0.35
"""The width of the backbone that they are told apart with."""


def draw_face(rng: np.random.Generator, masked: bool) -> Image:
    """A disc on a blurred background; a masked one is bright and striped below its middle."""
    noise = rng.integers(0, 256, (8, 8, 3), np.uint8)
    picture = cv2.resize(noise, (96, 96), interpolation=cv2.INTER_LINEAR) // 3 + 40
    cv2.circle(picture, (48, 48), 40, rng.integers(90, 170, 3).tolist(), -1)
    if masked:
        cv2.rectangle(picture, (12, 52), (84, 90), rng.integers(220, 256, 3).tolist(), -1)
        for y in range(58, 90, 8):
            cv2.line(picture, (12, y), (84, y), (120, 120, 120), 2)
    return picture.astype(np.uint8)
