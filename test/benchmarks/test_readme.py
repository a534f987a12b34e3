# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The page about the benchmarks has a line for each of their files."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / 'benchmarks'


def test_each_file_has_a_line() -> None:
    page = (FOLDER / 'README.md').read_text(encoding='utf-8')
    names = {path.name for path in FOLDER.rglob('*.py')} - {'__init__.py'}
    assert {name for name in names if f'`{name}`' not in page} == set()
