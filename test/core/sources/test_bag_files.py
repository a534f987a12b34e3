# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Of recordings in pieces, compressed and damaged, all that is whole is read."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from rosbags.rosbag2 import Reader

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.bag_files import Recording, is_recording
from support.bags import START, images, text, write_bag

TOPIC = '/image_raw'
ZSTD = b'\x28\xb5\x2f\xfd'


def read(path: Path) -> tuple[list[tuple[int, bytes]], list[str]]:
    """Times and bytes of all images, and the problems."""
    recording = Recording(path)
    found = [(message.time, message.data) for message in recording.messages({TOPIC})]
    recording.close()
    return found, recording.problems


def read_by_rosbags(path: Path) -> list[tuple[int, bytes]]:
    with Reader(path) as reader:
        wanted = [each for each in reader.connections if each.topic == TOPIC]
        return [(time, bytes(data)) for _, time, data in reader.messages(wanted)]


@pytest.mark.parametrize('version', [8, 9])
@pytest.mark.parametrize(
    ('storage', 'compression'),
    [
        ('mcap', 'none'),
        ('mcap', 'storage'),
        ('mcap', 'message'),
        ('mcap', 'file'),
        ('sqlite3', 'none'),
        ('sqlite3', 'message'),
        ('sqlite3', 'file'),
    ],
)
def test_it_reads_what_rosbags_reads(
    tmp_path: Path, storage: str, compression: str, version: int
) -> None:
    messages = [text(START), *images(7)]
    file = write_bag(tmp_path / 'bag', messages, storage, compression, version)
    assert is_recording(file) and is_recording(file.parent)
    wanted = read_by_rosbags(file.parent)
    assert len(wanted) == 7
    assert read(file.parent) == (wanted, [])
    recording = Recording(file)
    assert {topic.name: topic.count for topic in recording.topics.values()} == {
        TOPIC: 7,
        '/chatter': 1,
    }
    recording.close()


def split(folder: Path, storage: str) -> list[Path]:
    """A recording in eleven files, whose names in the order of letters are not in that of time."""
    messages = images(22)
    folder.mkdir()
    names = []
    for number in range(11):
        part = write_bag(folder / 'part', messages[2 * number : 2 * number + 2], storage)
        names.append(shutil.copy(part, folder / f'bag_{number}{part.suffix}'))
        metadata = (folder / 'part' / 'metadata.yaml').read_text()
        shutil.rmtree(folder / 'part')
    head, _, rest = metadata.partition(f'- part{part.suffix}')
    listed = head + '\n'.join(f'  - {Path(name).name}' for name in names).lstrip() + rest
    (folder / 'metadata.yaml').write_text(listed)
    return [Path(name) for name in names]


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_files_of_a_split_recording_come_in_order(tmp_path: Path, storage: str) -> None:
    files = split(tmp_path / 'bag', storage)
    found, problems = read(tmp_path / 'bag')
    assert problems == []
    assert [time for time, _ in found] == sorted(time for time, _ in found)
    assert len(found) == 22
    files[3].unlink()
    found, problems = read(tmp_path / 'bag')
    assert len(found) == 20
    assert problems == [f'{files[3].name}, which metadata.yaml lists, is missing']
    (tmp_path / 'bag' / 'metadata.yaml').unlink()
    found, problems = read(tmp_path / 'bag')
    assert [time for time, _ in found] == sorted(time for time, _ in found)
    assert len(found) == 20
    (problem,) = problems
    assert 'the recorder was not stopped properly' in problem


@pytest.mark.parametrize('content', ['', '[', 'a: b', '\x00', 'rosbag2_bagfile_information: 3'])
def test_metadata_that_is_none_is_named_and_not_needed(tmp_path: Path, content: str) -> None:
    write_bag(tmp_path / 'bag', images(3))
    (tmp_path / 'bag' / 'metadata.yaml').write_text(content)
    found, problems = read(tmp_path / 'bag')
    assert len(found) == 3
    assert problems == ['metadata.yaml in bag cannot be read']


@pytest.mark.parametrize(
    ('storage', 'compression'),
    [
        ('mcap', 'none'),
        ('mcap', 'storage'),
        ('mcap', 'file'),
        ('sqlite3', 'none'),
        ('sqlite3', 'file'),
    ],
)
def test_what_lies_before_the_end_of_a_cut_file_is_read(
    tmp_path: Path, storage: str, compression: str
) -> None:
    # Three chunks of MCAP.
    messages = images(300)
    file = write_bag(tmp_path / 'bag', messages, storage, compression)
    wanted = read_by_rosbags(file.parent)
    file.write_bytes(file.read_bytes()[: round(0.85 * file.stat().st_size)])
    found, problems = read(file)
    assert 100 < len(found) < 300
    assert found == wanted[: len(found)]
    assert any(file.name in problem and 'damaged' in problem for problem in problems)
    recording = Recording(file)
    # Of a row that is cut in two, SQLite still tells the number.
    assert len(found) <= recording.topics[TOPIC].count < len(found) + 5
    recording.close()


def test_the_messages_behind_a_damaged_chunk_are_read(tmp_path: Path) -> None:
    file = write_bag(tmp_path / 'bag', images(300), 'mcap', 'storage')
    wanted = read_by_rosbags(file.parent)
    content = bytearray(file.read_bytes())
    second = content.index(ZSTD, content.index(ZSTD) + 1)
    content[second : second + 4] = b'none'
    file.write_bytes(content)
    found, problems = read(file)
    assert problems == ['a part of bag.mcap is damaged and was skipped']
    assert found[0] == wanted[0] and found[-1] == wanted[-1] and 100 < len(found) < 300


@pytest.mark.parametrize('suffix', ['.mcap', '.db3', '.mcap.zstd'])
@pytest.mark.parametrize('content', [b'', b'hello', bytes(200), zstandard.compress(b'x' * 99)])
def test_what_is_no_recording_gets_a_sentence(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f'a{suffix}').write_bytes(content)
    with pytest.raises(SourceError, match='this is not a rosbag2 recording; expected'):
        Recording(tmp_path / f'a{suffix}')


def test_a_folder_whose_files_are_gone_gets_a_sentence(tmp_path: Path) -> None:
    file = write_bag(tmp_path / 'bag', images(1))
    file.unlink()
    assert is_recording(tmp_path / 'bag')
    with pytest.raises(SourceError, match='there are no files of a recording in this folder'):
        Recording(tmp_path / 'bag')


@pytest.fixture(scope='module')
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A recording of four images, by the name of its file."""
    folder = tmp_path_factory.mktemp('bags')
    files = [write_bag(folder / kind, images(4), kind) for kind in ('mcap', 'sqlite3')]
    return {file.name: file.read_bytes() for file in files}


@settings(max_examples=80)
@given(data=st.data())
def test_whatever_happens_to_the_bytes_there_is_no_crash(
    contents: dict[str, bytes], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(contents)))
    content = bytearray(contents[name])
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        with contextlib.suppress(SourceError):
            assert len(read(file)[0]) <= 4
