# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""docs/messages.md is what the definitions say, and leaves nothing out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mask_proximity import environment, msg
from mask_proximity.message_page import MESSAGES, page

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / 'docs' / 'messages.md').read_text(encoding='utf-8')


def test_the_page_is_that_of_the_definitions() -> None:
    assert page(ROOT / 'msg') == PAGE
    assert page(environment.prefix() / 'share' / 'mask_proximity' / 'msg') == PAGE


def test_every_message_is_on_the_page() -> None:
    assert sorted(MESSAGES) == sorted(path.stem for path in (ROOT / 'msg').glob('*.msg'))


@pytest.mark.parametrize('name', MESSAGES)
def test_every_field_and_constant_has_a_row_with_words(name: str) -> None:
    kind: Any = getattr(msg, name)
    section = PAGE.split(f'## {name}\n')[1].split('\n## ')[0]
    rows = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if len(cells) == 3 and cells[0].startswith('`'):
            rows[cells[0].strip('`')] = cells
    constants = {item for item in dir(type(kind)) if item.isupper()} & set(rows)
    fields = kind.get_fields_and_field_types()
    assert set(fields) <= set(rows)
    assert set(rows) - set(fields) == constants
    for constant in constants:
        assert rows[constant][1] == str(getattr(kind, constant))
    assert all(rows[field][2] for field in fields)
