# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures, one after the other: a folder of them, or a single one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ImageError, SourceError
from mask_proximity.core.images.compressed import JPEG_START, jpeg_size
from mask_proximity.core.sources.base import Frame, SourceSettings
from mask_proximity.core.sources.pixels import fit, to_bgr

SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp')
"""Files that are taken for pictures, by their names in lower case."""

DEFAULT_RATE = 2.0
"""Pictures per second, where nothing else is asked for: slow enough to look at each, and fast
enough that none is stale (stale_after is a second) when the next one comes."""


def open_folder(path: Path, settings: SourceSettings) -> PictureSource:
    """All pictures of a folder (not of its sub-folders), in natural order of their names.

    Raises:
        SourceError: the folder cannot be listed, or has no picture in it.
    """
    try:
        entries = [
            entry
            for entry in path.iterdir()
            if entry.suffix.lower() in SUFFIXES
            and not entry.name.startswith('.')
            and entry.is_file()
        ]
    except OSError as error:
        raise SourceError(
            f'{path}: this folder cannot be read ({error.strerror}); expected a folder of pictures'
        ) from None
    if not entries:
        raise SourceError(
            f'{path}: there is no picture in this folder; expected files that end in '
            f'{", ".join(SUFFIXES)}'
        )
    return PictureSource(sorted(entries, key=natural_order), str(path), settings)


def open_picture(path: Path, settings: SourceSettings) -> PictureSource:
    """A single picture.

    Raises:
        SourceError: it cannot be read.
    """
    source = PictureSource([path], str(path), settings)
    # Found out here rather than later, as with a video.
    source.read()
    source.rewind()
    return source


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """A key that puts image2 before image10."""
    return [
        (0, int(part), '') if part.isdigit() else (1, 0, part)
        for part in re.split('([0-9]+)', path.name.lower())
    ]


class PictureSource:
    """See mask_proximity.core.sources.base.Source. What cannot be read is skipped and noted."""

    def __init__(self, paths: Sequence[Path], description: str, settings: SourceSettings) -> None:
        """Take the pictures.

        Args:
            paths: in the order in which they are read, at least one.
            description: for the user.
            settings: size and rate.
        """
        self.rate = settings.rate or DEFAULT_RATE
        self.description = description
        self.horizontal_fov = 0.0
        self.frame_count = len(paths)
        self._paths = list(paths)
        self._settings = settings
        self._problems: dict[Path, str] = {}
        self._next = 0
        self._delivered = False

    @property
    def problems(self) -> list[str]:
        """See Source."""
        return list(self._problems.values())

    def read(self) -> Frame | None:
        """See Source.read."""
        while self._next < len(self._paths):
            path = self._paths[self._next]
            self._next += 1
            try:
                picture = _decode(path.read_bytes())
                if picture is None:
                    self._problems[path] = (
                        f'{path.name} cannot be read as a picture and is skipped; expected a whole '
                        f'{path.suffix.lower().lstrip(".")} file'
                    )
                    continue
                frame = Frame(fit(to_bgr(picture), self._settings), name=path.name)
            except (cv2.error, MemoryError, OSError) as error:
                self._problems[path] = f'{path.name} is skipped: {_why(error)}'
                continue
            self._problems.pop(path, None)
            self._delivered = True
            return frame
        if not self._delivered:
            raise SourceError(
                f'{self.description}: none of {len(self._paths)} pictures can be read; the first: '
                f'{self.problems[0]}'
                if len(self._paths) > 1
                else f'{self.description}: {self.problems[0]}'
            )
        return None

    def rewind(self) -> None:
        """See Source.rewind."""
        self._next = 0

    def adapt(self, settings: SourceSettings) -> bool:
        """See Source.adapt."""
        self._settings = settings
        self.rate = settings.rate or DEFAULT_RATE
        return True

    def close(self) -> None:
        """See Source.close."""


def _decode(content: bytes) -> npt.NDArray[Any] | None:
    """The picture in a file; None if it is none, or not whole."""
    if content.startswith(JPEG_START):
        # OpenCV reads one that is cut off, and shows gray, with nobody in it, where it ends.
        try:
            jpeg_size(content, 'a picture')
        except ImageError:
            return None
    # Not by its path: cv2.imread crashes on a name that is no UTF-8.
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None


def _why(error: Exception) -> str:
    text = ' '.join(str(error).split())
    if 'IO_MAX_IMAGE' in text:
        return (
            'it has more pixels than OpenCV reads (2^30, or 2^20 along one side); scale it down, '
            'or raise the environment variable OPENCV_IO_MAX_IMAGE_PIXELS'
        )
    if isinstance(error, MemoryError) or 'memory' in text.lower():
        return 'it has more pixels than fit into memory; scale it down'
    return f'OpenCV cannot read it ({text[:160]})'
