# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A cut-out picture that can be drawn at any size and position, fast and with smooth edges."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.types import Image

_MIN_SIDE_PIXELS = 8


class Sprite:
    """A picture with soft edges, stored as an image pyramid so that small sizes do not alias.

    Its coordinates are continuous: pixel (i, j) of the picture covers [i, i+1] x [j, j+1], shifted
    by the picture's origin. The canvas uses the same convention.
    """

    def __init__(
        self, image: Image, alpha: npt.NDArray[np.float32], origin: tuple[float, float] = (0, 0)
    ) -> None:
        """Build the pyramid.

        Args:
            image: Picture, height x width x 3, BGR.
            alpha: Coverage, height x width, in [0, 1].
            origin: Coordinates of the picture's upper left corner.
        """
        # Premultiplied colours can be averaged without dark or light rims.
        premultiplied = np.dstack([image * alpha[..., None], alpha * np.float32(255.0)])
        level: npt.NDArray[Any] = premultiplied.astype(np.float32)
        self._origin = origin
        self._size = (image.shape[1], image.shape[0])
        self._levels: list[npt.NDArray[np.uint8]] = []
        while True:
            self._levels.append(level.round().astype(np.uint8))
            if min(level.shape[:2]) < 2 * _MIN_SIDE_PIXELS:
                break
            odd_rows, odd_columns = level.shape[0] % 2, level.shape[1] % 2
            if odd_rows or odd_columns:
                # An odd size would shift every smaller level by a fraction of a pixel.
                level = cv2.copyMakeBorder(level, 0, odd_rows, 0, odd_columns, cv2.BORDER_CONSTANT)
            level = cv2.resize(
                level, (level.shape[1] // 2, level.shape[0] // 2), interpolation=cv2.INTER_AREA
            )

    def cover(self, x: float, y: float) -> float:
        """Coverage of the sprite's point (x, y), in [0, 1]."""
        column, row = math.floor(x - self._origin[0]), math.floor(y - self._origin[1])
        if not (0 <= column < self._size[0] and 0 <= row < self._size[1]):
            return 0.0
        return float(self._levels[0][row, column, 3]) / 255.0

    def draw(
        self,
        canvas: Image,
        scale: float,
        shift: tuple[float, float],
        gain: float = 1.0,
        columns: tuple[float, float] | None = None,
    ) -> None:
        """Draw onto `canvas` in place.

        Args:
            canvas: Picture to draw onto, height x width x 3, BGR.
            scale: Canvas pixels per sprite pixel.
            shift: Canvas position of the sprite's coordinate (0, 0).
            gain: Factor of the brightness.
            columns: First and last canvas column to draw in; None means no limit.
        """
        height, width = canvas.shape[:2]
        first, last = columns if columns is not None else (0.0, float(width))
        left = shift[0] + scale * self._origin[0]
        top = shift[1] + scale * self._origin[1]
        x1 = max(0, math.ceil(first - 0.5), math.floor(left))
        y1 = max(0, math.floor(top))
        x2 = min(width, math.ceil(last - 0.5), math.ceil(left + scale * self._size[0]))
        y2 = min(height, math.ceil(top + scale * self._size[1]))
        if x2 <= x1 or y2 <= y1:
            return
        # The level whose pixels are as large as those of the canvas, or up to half as large.
        depth = min(max(0, math.floor(-math.log2(scale))), len(self._levels) - 1)
        step = 1.0 / (scale * 2.0**depth)
        matrix = np.array(
            [
                [step, 0.0, (x1 + 0.5 - left) * step - 0.5],
                [0.0, step, (y1 + 0.5 - top) * step - 0.5],
            ]
        )
        patch = cv2.warpAffine(
            self._levels[depth],
            matrix,
            (x2 - x1, y2 - y1),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        color = cv2.cvtColor(patch, cv2.COLOR_BGRA2BGR)
        if gain != 1.0:
            color = cv2.convertScaleAbs(color, alpha=gain)
        clear = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(patch, 3)), cv2.COLOR_GRAY2BGR)
        target = canvas[y1:y2, x1:x2]
        behind = cv2.multiply(target, clear, scale=1.0 / 255.0)
        cv2.add(behind, color, dst=target)
