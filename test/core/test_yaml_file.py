# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The one reader of users' YAML files: what it reads, and the sentence for what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.yaml_file import read_yaml


def read(path: Path, max_bytes: int = 100) -> object:
    return read_yaml(path, SettingsError, 'expected a list', max_bytes=max_bytes)


@pytest.mark.parametrize(
    ('text', 'content'),
    [
        (b'', None),
        (b'- 1', [1]),
        ('name: Zoë'.encode(), {'name': 'Zoë'}),
        (b'\xef\xbb\xbfa: 1', {'a': 1}),
        ('a: 1'.encode('utf-16'), {'a': 1}),
        (b'x' * 100, 'x' * 100),
    ],
)
def test_what_yaml_allows_is_read(tmp_path: Path, text: bytes, content: object) -> None:
    path = tmp_path / 'file.yaml'
    path.write_bytes(text)
    assert read(path) == content


@pytest.mark.parametrize(
    ('text', 'problem'),
    [
        (b'a: [\n', 'cannot be parsed as YAML (line 2)'),
        (b'\xff', 'cannot be parsed as YAML'),
        (b'a: 2026-99-99', 'cannot be parsed as YAML'),
        (b'x' * 101, 'is larger than 100 bytes'),
        (b'!!python/name:os.system', 'cannot be parsed as YAML (line 1)'),
    ],
)
def test_another_content_is_refused(tmp_path: Path, text: bytes, problem: str) -> None:
    path = tmp_path / 'file.yaml'
    path.write_bytes(text)
    with pytest.raises(SettingsError) as raised:
        read(path)
    assert str(raised.value) == f'{path}: this file {problem}; expected a list'


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'file.yaml'
    path.write_text('[' * 50_000)
    with pytest.raises(SettingsError, match='cannot be parsed as YAML; expected a list'):
        read(path, max_bytes=100_000)


def test_what_is_no_file_is_refused_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'pipe')
    for path, why in (
        (tmp_path / 'none', 'No such file or directory'),
        (tmp_path, 'it is not a regular file'),
        (tmp_path / 'pipe', 'it is not a regular file'),
        (tmp_path / 'a\0b', 'the path is not valid'),
    ):
        with pytest.raises(SettingsError) as raised:
            read(path)
        assert str(raised.value) == f'{path}: this file cannot be read ({why}); expected a list'
