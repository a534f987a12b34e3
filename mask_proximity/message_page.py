# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Generates the page on the messages from their definitions.

In the source tree: python mask_proximity/message_page.py > docs/messages.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from mask_proximity import environment

MESSAGES = ('ProximityAlert', 'FaceProximity')

_HEAD = """\
# Messages

<!-- Generated from msg/: python mask_proximity/message_page.py. A test holds the page to them. -->
"""

_LINE = re.compile(
    r'(?P<type>[\w/\[\]]+) +(?P<name>\w+) *(?P<value>=[^#]*)?(?:# *(?P<what>.*))?', re.ASCII
)

Row = tuple[str, tuple[str, ...]]
"""The kind of a line ('text', 'constant', 'field', or '' for an empty one), and its table cells."""


def page(folder: Path) -> str:
    """The page in Markdown.

    Args:
        folder: Folder with the .msg files.
    """
    parts = [_HEAD]
    for name in MESSAGES:
        definition = (folder / f'{name}.msg').read_text(encoding='utf-8')
        parts.append(f'## {name}\n\n{_section(definition)}')
    return '\n'.join(parts)


def _section(definition: str) -> str:
    blocks = []
    for kind, rows in groupby(_rows(definition), key=lambda row: row[0]):
        lines = [' | '.join(cells) for _, cells in rows]
        if kind == 'text':
            blocks.append('\n'.join(lines))
        elif kind:
            title = 'constant | value |' if kind == 'constant' else 'field | type |'
            table = [f'| {title} |', '|---|---|---|', *(f'| {line} |' for line in lines)]
            blocks.append('\n'.join(table))
    return '\n\n'.join(blocks) + '\n'


def _rows(definition: str) -> Iterator[Row]:
    for line in definition.splitlines():
        if line.startswith('#'):
            text = line.removeprefix('#').removeprefix(' ')
            # An indented comment line becomes a code block.
            yield 'text', (f'    {text.strip()}' if text.startswith(' ') else text,)
        elif match := _LINE.fullmatch(line):
            what = match['what'] or ''
            if match['value']:
                yield 'constant', (f'`{match["name"]}`', match['value'].strip(' ='), what)
            else:
                yield 'field', (f'`{match["name"]}`', f'`{match["type"]}`', what)
        else:
            yield '', ()


if __name__ == '__main__':
    sys.stdout.write(page(environment.prefix() / 'share' / 'mask_proximity' / 'msg'))
