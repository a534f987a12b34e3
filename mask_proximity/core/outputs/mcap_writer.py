# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Writes ROS 2 messages into an MCAP file that `ros2 bag`, Foxglove and `analyze` can read.

The file has a temporary name (see `partial_path`) until it is complete. After a crash, or when the
disk is full, the temporary file can be read up to the last chunk.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType

from mask_proximity import __version__
from mask_proximity.core import optional_packages
from mask_proximity.core.errors import OutputError
from mask_proximity.core.outputs.files import partial_path

SUFFIX = '.mcap'


class McapWriter:
    """An MCAP file that is being written. As a context manager it always completes the file."""

    def __init__(self, path: Path, compress: bool) -> None:
        """Create the file.

        Args:
            path: Path of the file; its folder is created if it is missing.
            compress: Whether to compress with zstd, which takes processor time. Without, the rate
                is limited only by the disk.

        Raises:
            OutputError: The file exists already, is not named .mcap, or cannot be written.
            SourceError: The package mcap is not installed.
        """
        if path.suffix.lower() != SUFFIX:
            raise OutputError(f'{path}: recordings are MCAP files; expected a name with {SUFFIX}')
        if path.exists():
            raise OutputError(f'{path} exists already, and recordings are not overwritten')
        writer = optional_packages.require('mcap.writer')
        self._path, self._part = path, partial_path(path)
        self._channels: dict[str, int] = {}
        self._schemas: dict[str, int] = {}
        self._open = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open('wb')
            kind = writer.CompressionType
            self._writer = writer.Writer(
                self._file, compression=kind.ZSTD if compress else kind.NONE
            )
            self._writer.start(profile='ros2', library=f'mask_proximity {__version__}')
        except OSError as error:
            raise OutputError(f'{path} cannot be written ({error.strerror})') from None
        self._open = True

    def channel(self, topic: str, kind: str, definition: str) -> None:
        """Declare a topic, before its first message.

        Args:
            topic: Full name of the topic.
            kind: Type of its messages, e.g. 'sensor_msgs/msg/Image'.
            definition: Definition of the type and of all types in it.
        """
        if kind not in self._schemas:
            schema = self._writer.register_schema(kind, 'ros2msg', definition.encode())
            self._schemas[kind] = schema
        self._channels[topic] = self._writer.register_channel(topic, 'cdr', self._schemas[kind])

    def write(self, topic: str, data: bytes, time: int) -> None:
        """Append a message.

        Args:
            topic: Topic that was declared with `channel`.
            data: Message in CDR encoding.
            time: Time of reception in nanoseconds.

        Raises:
            OutputError: The message cannot be written.
        """
        try:
            self._writer.add_message(self._channels[topic], time, data, time)
            # The message must survive a crash of this process.
            self._file.flush()
        except OSError as error:
            raise self._failure(error) from None

    def close(self) -> None:
        """Complete the file and give it its name. Safe to call twice.

        Raises:
            OutputError: The file cannot be written.
        """
        if not self._open:
            return
        try:
            self._writer.finish()
            self._file.close()
            os.replace(self._part, self._path)
        except OSError as error:
            raise self._failure(error) from None
        self._open = False

    def _failure(self, error: OSError) -> OutputError:
        self._open = False
        with contextlib.suppress(OSError):
            self._file.close()
        return OutputError(
            f'{self._path} could not be completed ({error.strerror}); what was recorded before is '
            f'in {self._part.name}, which can be analyzed'
        )

    def __enter__(self) -> McapWriter:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete the file."""
        self.close()
