# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as sources: a folder of them, or a single one."""

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
"""Suffixes of picture files, in lower case."""

DEFAULT_RATE = 2.0
"""Default rate in pictures per second: slow enough to look at each, and fast enough that no picture
is stale (stale_after is 1 s by default) before the next one."""


def open_folder(path: Path, settings: SourceSettings) -> PictureSource:
    """Open all pictures in a folder (not in its sub-folders), in natural order of their names.

    Raises:
        SourceError: The folder cannot be listed, or has no picture in it.
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
    """Open a single picture.

    Raises:
        SourceError: The picture cannot be read.
    """
    source = PictureSource([path], str(path), settings)
    # Fails now if the picture cannot be read, as with a video.
    source.read()
    source.rewind()
    return source


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """A sort key that puts image2 before image10."""
    return [
        (0, int(part), '') if part.isdigit() else (1, 0, part)
        for part in re.split('([0-9]+)', path.name.lower())
    ]


class PictureSource:
    """A source of pictures; see `base.Source`. Pictures that cannot be read are skipped."""

    def __init__(self, paths: Sequence[Path], description: str, settings: SourceSettings) -> None:
        """Create the source; nothing is read yet.

        Args:
            paths: Paths of the pictures in their order, at least one.
            description: Description for the user.
            settings: Size and rate.
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
                f'{self.description}: none of the {len(self._paths)} pictures can be read; the '
                f'first one: {self.problems[0]}'
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
    """The picture in a file; None if it is not a picture, or truncated."""
    if content.startswith(JPEG_START):
        # OpenCV accepts a truncated JPEG and fills the missing part with gray, which hides people.
        try:
            jpeg_size(content, 'a picture')
        except ImageError:
            return None
    # Not with cv2.imread, which crashes on a name that is not UTF-8.
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
