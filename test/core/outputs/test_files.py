# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mask_proximity.core.errors import OutputError
from mask_proximity.core.outputs.files import LineFile, is_text_path, partial_path, write_atomically

FULL = Path('/dev/full')


def test_a_whole_file_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / 'x.png'
    write_atomically(path, b'before')
    write_atomically(path, b'after')
    assert path.read_bytes() == b'after'
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_gets_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    partial_path(tmp_path / 'x.png').symlink_to(FULL)
    (tmp_path / 'x.png').write_bytes(b'before')
    with pytest.raises(OutputError, match=r'x\.png cannot be written \(No space left on device\)'):
        write_atomically(tmp_path / 'x.png', b'after')
    assert [path.name for path in tmp_path.iterdir()] == ['x.png']
    assert (tmp_path / 'x.png').read_bytes() == b'before'


def test_a_part_keeps_its_kind() -> None:
    assert partial_path(Path('out/annotated.mp4')) == Path('out/annotated.part.mp4')


def test_lines_are_there_as_soon_as_they_are_written(tmp_path: Path) -> None:
    with LineFile(tmp_path / 'lines') as lines:
        for text in ('one', 'zwölf'):
            lines.write(text)
        assert (tmp_path / 'lines').read_text(encoding='utf-8') == 'one\nzwölf\n'


def test_a_full_disk_is_told() -> None:
    with (
        LineFile(FULL) as lines,
        pytest.raises(OutputError, match='cannot be written .No space left on device.'),
    ):
        lines.write('x')


@pytest.mark.parametrize(('name', 'text'), [('é.mp4', True), ('\udcff.mp4', False)])
def test_names_that_opencv_cannot_take(name: str, text: bool) -> None:
    assert is_text_path(Path(name)) is text
