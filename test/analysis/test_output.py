# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The folder of the results is ours only as far as we wrote to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mask_proximity.analysis.output import claim_output
from mask_proximity.core.errors import OutputError

OURS = ('frames.jsonl', 'annotated.mp4', 'timeline.png', 'report.html', 'annotated.part.mp4')


def test_it_is_made(tmp_path: Path) -> None:
    claim_output(tmp_path / 'a' / 'b', 'camera 0')
    assert (tmp_path / 'a' / 'b').is_dir()


def test_an_earlier_run_makes_way_and_nothing_else(tmp_path: Path) -> None:
    for name in OURS:
        (tmp_path / name).write_text('old')
    (tmp_path / 'notes.txt').write_text('mine')
    (tmp_path / 'annotated').mkdir()
    for name in ('old.jpg', 'mine.jpg'):
        (tmp_path / 'annotated' / name).write_text('picture')
    sources = ('old.jpg', '../notes.txt')
    lines = [json.dumps({'source': source}) for source in sources]
    (tmp_path / 'frames.jsonl').write_text('\n'.join(lines))
    claim_output(tmp_path, 'camera 0')
    assert sorted(path.name for path in tmp_path.rglob('*')) == [
        'annotated',
        'mine.jpg',
        'notes.txt',
    ]


@pytest.mark.parametrize(
    'content', [b'', b'{"source": "a.jpg"', b'\xff\xfe', b'[1]\n', b'{"source": 3}\n', b'3\n']
)
def test_a_foreign_file_of_the_name_is_no_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / 'frames.jsonl').write_bytes(content)
    claim_output(tmp_path, 'camera 0')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('source', ['.', 'annotated', 'annotated.mp4', 'annotated/a.jpg'])
def test_what_is_analyzed_is_never_overwritten(tmp_path: Path, source: str) -> None:
    (tmp_path / 'annotated').mkdir()
    (tmp_path / 'annotated' / 'a.jpg').write_text('mine')
    (tmp_path / 'annotated.mp4').write_text('mine')
    with pytest.raises(OutputError, match='choose another folder'):
        claim_output(tmp_path, str(tmp_path / source))
    assert (tmp_path / 'annotated.mp4').read_text() == 'mine'


@pytest.mark.parametrize(
    'folder', ['file', 'file/below', 'dangling', '/proc/nothing', 'x' * 300, 'taken']
)
def test_a_folder_that_cannot_be_had_gets_a_sentence(tmp_path: Path, folder: str) -> None:
    (tmp_path / 'file').write_text('')
    (tmp_path / 'dangling').symlink_to('/nowhere/at/all')
    (tmp_path / 'taken' / 'report.html').mkdir(parents=True)
    with pytest.raises(OutputError, match=r'cannot be written \('):
        claim_output(tmp_path / folder, 'camera 0')
