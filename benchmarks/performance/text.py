# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Markdown helpers that the sections of the page share."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [heads, ['---'] * len(heads), *rows]
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in lines)


def ranged(found: Mapping[str, Any], form: str = '.2f') -> str:
    """A median with its spread, see figures.spread: 'median (lowest to highest)'."""
    return f'{found["median"]:{form}} ({found["low"]:{form}} to {found["high"]:{form}})'


def wrapped(section: str) -> str:
    """A section with its prose in lines of the usual width."""
    paragraphs = []
    for paragraph in section.split('\n\n'):
        if paragraph.startswith('- '):
            paragraph = '\n'.join(_fill(line, '  ') for line in paragraph.splitlines())
        elif not paragraph.startswith(('#', '|', '!', ' ', '```')):
            paragraph = _fill(paragraph)
        paragraphs.append(paragraph)
    return '\n\n'.join(paragraphs)


def _fill(text: str, indent: str = '') -> str:
    return textwrap.fill(
        text, 100, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
