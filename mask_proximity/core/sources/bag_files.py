# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads the messages of a rosbag2 recording, including damaged ones.

If a robot loses power, there is no metadata.yaml, an MCAP file has no index, and an SQLite file
lacks its last pages. Therefore nothing here depends on an index or on metadata: files are read from
their beginning, message by message in the order of writing, and damage is noted.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

import yaml

from mask_proximity.core import optional_packages
from mask_proximity.core.errors import SourceError, first_line
from mask_proximity.core.sources.pictures import natural_order

SUFFIXES = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')
"""Suffixes of the files of recordings."""

METADATA = 'metadata.yaml'

_KEY = 'rosbag2_bagfile_information'
_ZSTD = b'\x28\xb5\x2f\xfd'
_MCAP = b'\x89MCAP0\r\n'
_SQLITE = b'SQLite format 3\0'


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a recording.

    Attributes:
        name: Name of the topic.
        kind: Type of its messages, e.g. sensor_msgs/msg/Image.
        count: Number of its messages.
    """

    name: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Message:
    """A recorded message.

    Attributes:
        topic: Name of the topic.
        time: Time of reception in nanoseconds.
        data: Message in CDR encoding.
    """

    topic: str
    time: int
    data: bytes


def is_recording(path: Path) -> bool:
    """Whether a file has the name of a rosbag2 recording, or a folder contains one."""
    if not path.is_dir():
        return path.name.lower().endswith(SUFFIXES)
    with contextlib.suppress(OSError):
        metadata = path / METADATA
        return bool(_files_in(path)) or _KEY.encode() in metadata.read_bytes()
    return False


class Recording:
    """A rosbag2 file, or the folder of one recording.

    Attributes:
        topics: Topics by name; those that can be read if files are damaged.
        definitions: Definitions of types by name, if the files contain them.
        problems: A sentence for each part that could not be read.
    """

    def __init__(self, path: Path) -> None:
        """Open all files and count their messages.

        Raises:
            SourceError: There is no file, a file is not a recording, or a package is missing.
        """
        self._problems: dict[str, None] = {}
        self._unpacked = contextlib.ExitStack()
        self.topics: dict[str, Topic] = {}
        try:
            self._files = [self._open(file) for file in self._find(path)]
            self.definitions: dict[str, str] = {}
            counts: Counter[tuple[str, str]] = Counter()
            for file in self._files:
                counts.update(file.counts())
                self.definitions.update(file.definitions())
        except BaseException:
            self.close()
            raise
        for (name, kind), count in sorted(counts.items()):
            self.topics[name] = Topic(name, kind, count)

    @property
    def problems(self) -> list[str]:
        """A sentence for each part that could not be read."""
        return list(self._problems)

    def note(self, problem: str) -> None:
        """Add a problem, unless it has been noted already."""
        self._problems.setdefault(problem)

    def messages(self, topics: Collection[str]) -> Iterator[Message]:
        """The messages of some topics in the order in which they were written."""
        for file in self._files:
            for message in file.messages(topics):
                # Recorded with `ros2 bag record --compression-mode message`.
                if message.data.startswith(_ZSTD):
                    zstandard = optional_packages.require('zstandard')
                    try:
                        data = zstandard.ZstdDecompressor().decompressobj().decompress(message.data)
                    except zstandard.ZstdError:
                        data = b''
                    message = Message(message.topic, message.time, data)
                yield message

    def close(self) -> None:
        """Delete the unpacked files. Safe to call twice."""
        self._unpacked.close()

    def _find(self, path: Path) -> list[Path]:
        if not path.is_dir():
            return [path]
        named: list[Path] = []
        try:
            content = yaml.safe_load((path / METADATA).read_bytes())[_KEY]
            # Older versions of rosbag2 write the folder, too.
            named = [path / PurePath(str(name)).name for name in content['relative_file_paths']]
        except FileNotFoundError:
            self.note(
                f'there is no {METADATA} in {path.name}: the recorder was not stopped properly, '
                'and the end may be missing'
            )
        except (OSError, yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError):
            self.note(f'{METADATA} in {path.name} cannot be read')
        for file in named:
            if not file.is_file():
                self.note(f'{file.name}, which {METADATA} lists, is missing')
        files = [file for file in named if file.is_file()] or _files_in(path)
        if not files:
            raise SourceError(
                f'{path}: there are no files of a recording in this folder; expected files that '
                f'end in {", ".join(SUFFIXES)}'
            )
        return files

    def _open(self, path: Path) -> _McapFile | _SqliteFile:
        start = _start_of(path)
        if start.startswith(_ZSTD):
            name, path = path.name, self._unpack(path)
            start = _start_of(path)
        else:
            name = path.name
        if start.startswith(_MCAP):
            return _McapFile(path, name, self.note)
        if start.startswith(_SQLITE):
            return _SqliteFile(path, name, self.note)
        raise SourceError(
            f'{path.with_name(name)}: this is not a rosbag2 recording; expected an MCAP or SQLite '
            'file, which may be compressed with zstd'
        )

    def _unpack(self, path: Path) -> Path:
        zstandard = optional_packages.require('zstandard')
        folder = self._unpacked.enter_context(tempfile.TemporaryDirectory())
        unpacked = Path(folder, path.stem)
        with path.open('rb') as packed, unpacked.open('wb') as file:
            try:
                shutil.copyfileobj(zstandard.ZstdDecompressor().stream_reader(packed), file)
            except zstandard.ZstdError as error:
                self.note(
                    f'{path.name} is damaged ({first_line(error)}); what comes before is used'
                )
            except OSError as error:
                raise SourceError(
                    f'{path}: this file cannot be unpacked to {folder} ({error.strerror}); '
                    'expected enough space there'
                ) from None
        return unpacked


def _files_in(folder: Path) -> list[Path]:
    files = [file for file in folder.iterdir() if file.name.lower().endswith(SUFFIXES)]
    return sorted((file for file in files if file.is_file()), key=natural_order)


def _start_of(path: Path) -> bytes:
    try:
        with path.open('rb') as file:
            return file.read(len(_SQLITE))
    except OSError as error:
        raise SourceError(f'{path}: this file cannot be read ({error.strerror})') from None


class _McapFile:
    """An MCAP file, read chunk by chunk without the index; damaged chunks are skipped."""

    def __init__(self, path: Path, name: str, note: Callable[[str], None]) -> None:
        self._path = path
        self._name = name
        self._note = note
        self._stream_reader = optional_packages.require('mcap.stream_reader')
        self._records = optional_packages.require('mcap.records')
        self._channels: dict[int, Any] = {}
        self._schemas: dict[int, Any] = {}

    def counts(self) -> Counter[tuple[str, str]]:
        """The number of messages for each name and type of a topic."""
        counts: Counter[int] | None = None
        with self._path.open('rb') as file, contextlib.suppress(Exception):
            summary = optional_packages.require('mcap.reader').make_reader(file).get_summary()
            if summary is not None and summary.statistics and summary.channels:
                self._channels, self._schemas = summary.channels, summary.schemas
                counts = Counter(summary.statistics.channel_message_counts)
        if counts is None:
            counts = Counter(record.channel_id for record in self._message_records())
        named: Counter[tuple[str, str]] = Counter()
        for number, channel in self._channels.items():
            schema = self._schemas.get(channel.schema_id)
            if channel.message_encoding == 'cdr' and schema is not None:
                named[channel.topic, schema.name] += counts[number]
        return named

    def definitions(self) -> dict[str, str]:
        """The definitions of types by name."""
        return {
            schema.name: schema.data.decode(errors='replace')
            for schema in self._schemas.values()
            if schema.encoding == 'ros2msg'
        }

    def messages(self, topics: Collection[str]) -> Iterator[Message]:
        """The messages of some topics."""
        for record in self._message_records():
            channel = self._channels.get(record.channel_id)
            if channel is not None and channel.topic in topics:
                yield Message(channel.topic, record.log_time, record.data)

    def _message_records(self) -> Iterator[Any]:
        kinds = self._records
        with self._path.open('rb') as file:
            for record in self._whole_records(file):
                if isinstance(record, kinds.Schema):
                    self._schemas[record.id] = record
                elif isinstance(record, kinds.Channel):
                    self._channels[record.id] = record
                elif isinstance(record, kinds.Message):
                    yield record

    def _whole_records(self, file: Any) -> Iterator[Any]:
        records = self._stream_reader.StreamReader(file, emit_chunks=True).records
        while True:
            try:
                record = next(records, None)
            # A damaged file may raise anything.
            except Exception:
                self._note(f'{self._name} ends early: its end is missing or damaged')
                return
            if record is None:
                return
            if not isinstance(record, self._records.Chunk):
                yield record
                continue
            try:
                whole = record.compression or len(record.data) == record.uncompressed_size
                if not whole:
                    raise EOFError
                inner = self._stream_reader.breakup_chunk(record, validate_crc=True)
            except Exception:
                self._note(f'a part of {self._name} is damaged and was skipped')
                continue
            yield from inner


class _SqliteFile:
    """An SQLite file, read row by row without the index on time."""

    def __init__(self, path: Path, name: str, note: Callable[[str], None]) -> None:
        self._path = path
        self._name = name
        self._note = note
        self._topics: dict[int, tuple[str, str]] = {}

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        # After a power loss, the write-ahead log has messages that count, and SQLite must be
        # allowed to open it. Without a log, `immutable` lets it open files on a read-only disk.
        log = self._path.with_name(f'{self._path.name}-wal')
        access = 'mode=ro' if log.is_file() and log.stat().st_size else 'immutable=1'
        connection = sqlite3.connect(f'file:{quote(str(self._path))}?{access}', uri=True)
        try:
            # Without this, SQLite refuses a file that is shorter than its header says.
            connection.execute('PRAGMA writable_schema=ON')
            yield connection
        except sqlite3.Error as error:
            self._note(f'{self._name} ends early: it is damaged ({first_line(error)})')
        finally:
            connection.close()

    def counts(self) -> Counter[tuple[str, str]]:
        """See _McapFile.counts."""
        counts: Counter[int] = Counter()
        with self._connection() as connection:
            rows = connection.execute('SELECT id, name, type, serialization_format FROM topics')
            self._topics = {
                number: (name, kind) for number, name, kind, form in rows if form == 'cdr'
            }
            for (number,) in connection.execute('SELECT topic_id FROM messages ORDER BY id'):
                counts[number] += 1
        named: Counter[tuple[str, str]] = Counter()
        for number, key in self._topics.items():
            named[key] += counts[number]
        return named

    def definitions(self) -> dict[str, str]:
        """An empty mapping: older files have no definitions, and newer ones not always."""
        return {}

    def messages(self, topics: Collection[str]) -> Iterator[Message]:
        """See _McapFile.messages."""
        wanted = {number: name for number, (name, _) in self._topics.items() if name in topics}
        query = (
            'SELECT topic_id, timestamp, data FROM messages WHERE topic_id IN '
            f'({", ".join(map(str, wanted))}) ORDER BY id'
        )
        with self._connection() as connection:
            for number, time, data in connection.execute(query):
                yield Message(wanted[number], time, bytes(data))
