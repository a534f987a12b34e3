# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A video whose time is that of the stamps, even where frames are missing."""

from __future__ import annotations

import os
from pathlib import Path

import cv2

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.scene import NANOSECONDS, Image


class StampedVideo:
    """Writes pictures at their times; the file appears only when it is complete."""

    def __init__(self, path: Path, rate: float) -> None:
        """Prepare.

        Args:
            path: of the .mp4 file.
            rate: frames per second.
        """
        self._path = path
        self._part = path.with_suffix('.part.mp4')
        self._rate = rate
        self._writer: cv2.VideoWriter | None = None
        self._first = 0
        self._written = 0
        self._last: Image | None = None

    def write(self, image: Image, stamp: int) -> None:
        """Add a picture; gaps before it are filled with the one before.

        Args:
            image: height x width x 3, uint8, BGR, always of the same size.
            stamp: nanoseconds, rising.

        Raises:
            MaskProximityError: the file cannot be written.
        """
        if self._writer is None:
            size = (image.shape[1], image.shape[0])
            fourcc = cv2.VideoWriter.fourcc(*'mp4v')
            self._writer = cv2.VideoWriter(str(self._part), fourcc, self._rate, size)
            if not self._writer.isOpened():
                raise MaskProximityError(f'{self._path}: OpenCV cannot write this video')
            self._first = stamp
        index = round((stamp - self._first) / NANOSECONDS * self._rate)
        while self._last is not None and self._written < index:
            self._writer.write(self._last)
            self._written += 1
        self._last = image

    def close(self) -> None:
        """Complete the file."""
        if self._writer is None or self._last is None:
            return
        self._writer.write(self._last)
        self._writer.release()
        self._writer = None
        os.replace(self._part, self._path)

    def discard(self) -> None:
        """Leave nothing half-written behind. Does nothing after `close`."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
        self._part.unlink(missing_ok=True)
