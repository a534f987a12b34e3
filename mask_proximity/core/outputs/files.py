# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Atomic writing of output files, and error sentences for files that cannot be written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mask_proximity.core.errors import OutputError


@contextlib.contextmanager
def translate_write_errors(path: Path) -> Iterator[None]:
    """Turn an OSError about a file or folder into an OutputError with a sentence for the user.

    Raises:
        OutputError: The block raised an OSError.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f'{path} cannot be written ({error.strerror or error}); expected a folder with '
            'permission to write and enough space'
        ) from None


def is_text_path(path: Path) -> bool:
    """Whether a path can be encoded as UTF-8; OpenCV crashes on one that cannot."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def partial_path(path: Path) -> Path:
    """The path that a file is written to until it is complete; it has the same suffix."""
    return path.with_name(f'{path.stem}.part{path.suffix}')


@contextlib.contextmanager
def atomic_file(path: Path, part: Path | None = None, durable: bool = False) -> Iterator[Path]:
    """Write a file under another name; it replaces `path` once the block has ended without error.

    Args:
        path: The file to write.
        part: Where the block writes, in the folder of `path`; None: `partial_path(path)`.
        durable: Wait until the content is on the disk before `path` is replaced, so that not even
            a power failure leaves a file with less.

    Yields:
        The path that the block must write to.

    Raises:
        OutputError: The block or the replacement raised an OSError.
    """
    part = part or partial_path(path)
    with translate_write_errors(path):
        try:
            yield part
            if durable:
                with part.open('rb') as file:
                    os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is either replaced as a whole or stays as it was.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_file(path) as part:
        part.write_bytes(content)


class LineFile:
    """A text file that grows line by line and holds only complete lines at any time."""

    def __init__(self, path: Path) -> None:
        """Create the file, empty.

        Raises:
            OutputError: The file cannot be written.
        """
        self._path = path
        self._size = 0
        with translate_write_errors(path):
            # Unbuffered, so that a crash does not leave part of a line in memory.
            self._file = path.open('wb', buffering=0)

    def write(self, line: str) -> None:
        """Append a line.

        Raises:
            OutputError: The line cannot be written; the lines before it are kept.
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
        """Close the file. Safe to call twice."""
        self._file.close()

    def __enter__(self) -> LineFile:
        """Return the file."""
        return self

    def __exit__(self, *_: Any) -> None:
        """Close the file."""
        self.close()
