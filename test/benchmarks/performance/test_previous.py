# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The release before comes out of the history, once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.performance import previous


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / 'repository'
    for name in ('mask_proximity/__init__.py', 'mask_proximity/core/rule.py', 'models/net.bin'):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text('old', encoding='utf-8')
    git = ['git', '-c', 'user.name=test', '-c', 'user.email=test@example.com']
    for arguments in (['init', '-q'], ['add', '.'], ['commit', '-qm', 'Release']):
        subprocess.run([*git, *arguments], cwd=root, check=True)
    (root / 'models/net.bin').write_text('new', encoding='utf-8')
    monkeypatch.setattr(previous, '_ROOT', root)
    return root


def test_it_is_what_was_committed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previous, 'COMMIT', 'HEAD')
    tree = previous.unpack(tmp_path / 'cache')
    assert tree is not None
    assert (tree / 'models/net.bin').read_text(encoding='utf-8') == 'old'
    assert (tree / 'mask_proximity/core/rule.py').is_file()
    (repository / '.git').rename(repository / 'gone')
    assert previous.unpack(tmp_path / 'cache') == tree


@pytest.mark.usefixtures('repository')
def test_without_that_history_there_is_none(tmp_path: Path) -> None:
    assert previous.unpack(tmp_path / 'cache') is None
    assert list((tmp_path / 'cache').iterdir()) == []
