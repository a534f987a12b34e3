# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Output files that appear only when they are whole, and errors that say what cannot be written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mask_proximity.core.errors import OutputError


@contextlib.contextmanager
def translate_write_errors(path: Path) -> Iterator[None]:
    """Turn what the system says about a file or folder into a sentence for the user.

    Raises:
        OutputError: the block raised an OSError.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f'{path} cannot be written ({error.strerror or error}); expected a folder with '
            'permission to write and enough space'
        ) from None


def is_text_path(path: Path) -> bool:
    """Whether a path is UTF-8; OpenCV crashes on one that is not."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def partial_path(path: Path) -> Path:
    """Where a file is written until it is whole; its suffix still tells its kind."""
    return path.with_name(f'{path.stem}.part{path.suffix}')


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that either appears as a whole or stays as it was.

    Raises:
        OutputError: it cannot be written.
    """
    part = partial_path(path)
    with translate_write_errors(path):
        try:
            part.write_bytes(content)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


class LineFile:
    """A text file that grows line by line and holds whole lines only, whenever it ends."""

    def __init__(self, path: Path) -> None:
        """Begin an empty file.

        Raises:
            OutputError: it cannot be written.
        """
        self._path = path
        self._size = 0
        with translate_write_errors(path):
            # Unbuffered, so that no part of a line waits in memory.
            self._file = path.open('wb', buffering=0)

    def write(self, line: str) -> None:
        """Add a line.

        Raises:
            OutputError: it cannot be written; the lines before it stay.
        """
        content = (line + '\n').encode()
        written = 0
        with translate_write_errors(self._path):
            try:
                while written < len(content):
                    written += self._file.write(content[written:])
            except OSError:
                with contextlib.suppress(OSError):
                    self._file.truncate(self._size)
                raise
        self._size += written

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._file.close()

    def __enter__(self) -> LineFile:
        """Use as a context manager."""
        return self

    def __exit__(self, *_: Any) -> None:
        """Close."""
        self.close()
