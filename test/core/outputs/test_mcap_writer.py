# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Recordings are whole when they carry their name, and readable before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mcap.reader import make_reader
from rosbags.rosbag2 import Reader

from mask_proximity.core.errors import OutputError
from mask_proximity.core.outputs.files import partial_path
from mask_proximity.core.outputs.mcap_writer import McapWriter
from mask_proximity.core.sources.bag_files import Recording

KIND = 'std_msgs/msg/String'
DEFINITION = 'string data\n'
CDR = b'\0\1\0\0\6\0\0\0hello\0'


@pytest.mark.parametrize('compress', [True, False])
def test_every_reader_reads_it(tmp_path: Path, compress: bool) -> None:
    path = tmp_path / 'new' / 'a.mcap'
    with McapWriter(path, compress) as writer:
        writer.channel('/a', KIND, DEFINITION)
        writer.channel('/b', KIND, DEFINITION)
        for number in range(6):
            writer.write('/a' if number % 2 else '/b', CDR, 10 + number)
        assert not path.exists()
    assert list(path.parent.iterdir()) == [path]
    with Reader(path) as reader:
        assert [(each.topic, each.msgtype, each.msgcount) for each in reader.connections] == [
            ('/a', KIND, 3),
            ('/b', KIND, 3),
        ]
        assert reader.connections[0].msgdef.data == DEFINITION
        assert [time for _, time, _ in reader.messages()] == list(range(10, 16))
    with path.open('rb') as file:
        foreign = make_reader(file, validate_crcs=True)
        assert foreign.get_header().profile == 'ros2'
        for schema, channel, message in foreign.iter_messages():
            assert schema is not None and schema.encoding == 'ros2msg'
            assert (channel.message_encoding, message.data) == ('cdr', CDR)
    recording = Recording(path)
    assert [message.time for message in recording.messages({'/a'})] == [11, 13, 15]
    assert recording.problems == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / 'a.mcap'
    path.write_bytes(b'precious')
    with pytest.raises(OutputError, match='exists already, and recordings are not overwritten'):
        McapWriter(path, compress=False)
    with pytest.raises(OutputError, match=r'expected a name with \.mcap'):
        McapWriter(tmp_path / 'a.bag', compress=False)
    with pytest.raises(OutputError, match='cannot be written'):
        McapWriter(path / 'b.mcap', compress=False)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b'precious'


BEGIN = """
import os, resource, sys
from pathlib import Path
from mask_proximity.core.outputs.mcap_writer import McapWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
with McapWriter(Path(sys.argv[1]), compress=False) as writer:
    writer.channel('/a', 'std_msgs/msg/String', 'string data')
    for number in range(4):
        writer.write('/a', bytes(2_000_000), number)
    if sys.argv[3:]:
        os.abort()
"""


@pytest.mark.parametrize(('limit', 'arguments', 'whole'), [(-1, ['crash'], 4), (5_000_000, [], 2)])
def test_what_came_before_a_crash_or_a_full_disk_can_be_read(
    tmp_path: Path, limit: int, arguments: list[str], whole: int
) -> None:
    path = tmp_path / 'a.mcap'
    done = subprocess.run(
        [sys.executable, '-c', BEGIN, str(path), str(limit), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, 'PYTHONFAULTHANDLER': ''},
    )
    assert done.returncode != 0 and not path.exists()
    if not arguments:
        assert 'what was recorded before is in a.part.mcap, which can be analyzed' in done.stderr
    recording = Recording(partial_path(path))
    assert [message.time for message in recording.messages({'/a'})] == list(range(whole))
    assert recording.problems == ['a.part.mcap ends early: its end is missing or damaged']
