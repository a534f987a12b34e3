# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Writes a video whose timing follows the stamps of the frames, even if frames are missing."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from mask_proximity.core.errors import OutputError
from mask_proximity.core.outputs.files import is_text_path, partial_path, translate_write_errors
from mask_proximity.core.types import NANOSECONDS, Image

# MPEG-4 part 2 has 13 bits for the length of a side, and OpenCV needs even lengths.
_MIN_SIDE, _MAX_SIDE = 2, 8190


class StampedVideo:
    """A video that is being written. The file appears only when it is complete."""

    def __init__(self, path: Path, rate: float) -> None:
        """Create the video; nothing is written before the first picture.

        Args:
            path: Path of the .mp4 file.
            rate: Frames per second.
        """
        self._path = path
        self._part = partial_path(path)
        self._rate = rate
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._first = 0
        self._written = 0
        self._last: Image | None = None

    def write(self, image: Image, stamp: int) -> None:
        """Append a picture; a gap before it is filled with the previous picture.

        Args:
            image: Picture, height x width x 3, uint8, BGR. If its size differs from that of the
                first one, it is fitted into that size with its aspect ratio.
            stamp: Timestamp in nanoseconds, later than the one before.

        Raises:
            OutputError: The file cannot be written.
        """
        if self._writer is None:
            self._open(image)
            self._first = stamp
        index = round((stamp - self._first) / NANOSECONDS * self._rate)
        while self._last is not None and self._written < index:
            self._add(self._last)
        self._last = image

    def _open(self, image: Image) -> None:
        if not is_text_path(self._part):
            raise OutputError(f'{self._path}: OpenCV can write only to names that are UTF-8')
        height, width = image.shape[:2]
        scale = min(1.0, _MAX_SIDE / max(width, height))
        self._size = (max(_MIN_SIDE, int(width * scale)), max(_MIN_SIDE, int(height * scale)))
        fourcc = cv2.VideoWriter.fourcc(*'mp4v')
        self._writer = cv2.VideoWriter(str(self._part), fourcc, self._rate, self._size)
        if not self._writer.isOpened():
            raise OutputError(
                f'{self._path}: OpenCV cannot write this video; expected a folder with permission '
                'to write and enough space, and OpenCV built with FFmpeg'
            )

    def _add(self, image: Image) -> None:
        assert self._writer is not None
        self._writer.write(_fitted(image, self._size))
        self._written += 1

    def close(self) -> None:
        """Complete the file. There is no file if no picture was written.

        Raises:
            OutputError: The video is incomplete, e.g. because the disk is full.
        """
        if self._writer is None or self._last is None:
            return
        self._add(self._last)
        self._writer.release()
        self._writer = None
        # OpenCV does not report that it could not write.
        if _frame_count(self._part) != self._written:
            self._part.unlink(missing_ok=True)
            raise OutputError(
                f'{self._path} could not be written completely and was removed; expected enough '
                'space on the disk'
            )
        with translate_write_errors(self._path):
            os.replace(self._part, self._path)

    def discard(self) -> None:
        """Remove an incomplete file. Does nothing after `close`."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
        self._part.unlink(missing_ok=True)


def _frame_count(path: Path) -> int:
    capture = cv2.VideoCapture(str(path))
    try:
        return int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    finally:
        capture.release()


def _fitted(image: Image, size: tuple[int, int]) -> Image:
    """The picture scaled to fit into a black one of `size` (width, height)."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, int(width * scale)), max(1, int(height * scale)))
    canvas: Image = np.zeros((size[1], size[0], 3), np.uint8)
    x, y = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas[y : y + inner[1], x : x + inner[0]] = cv2.resize(
        image, inner, interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    )
    return canvas
