# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Documents generated from the settings: the commented parameter file and the docs' tables."""

from __future__ import annotations

import textwrap

from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings_table import Setting, Settings, component_tables, own_rows

_HEAD = """\
# Parameters of all nodes, with their defaults. Generated: mask-proximity parameters --format yaml
# Copy it, change it, and give it to the launch file: params_file:=/path/to/your.yaml
#
# 'live' parameters can be changed while the node runs (ros2 param set) and take effect on the next
# image; the others are read at startup.
"""


def parameters_yaml() -> str:
    """The parameter file that the launch files use, with every parameter at its default."""
    lines = [_HEAD]
    for node, settings in NODES.items():
        # The wildcard lets the same file serve in any namespace.
        lines.append(f'/**/{node}:\n  ros__parameters:\n')
        for number, (heading, rows) in enumerate(_groups(settings)):
            if number > 0:
                lines.append('\n')
            if heading:
                lines.append(f'    # --- {heading} ---\n')
            for row in rows:
                comment = f'{row.description} ({", ".join(_facts(row))})'
                lines += [f'    # {line}\n' for line in textwrap.wrap(comment, 92)]
                lines.append(f'    {row.name}: {_value(row)}\n')
        lines.append('\n')
    return ''.join(lines).rstrip('\n') + '\n'


def parameters_markdown() -> str:
    """The tables of the documentation: a section per node, a table per group of parameters."""
    lines = []
    for node, settings in NODES.items():
        lines.append(f'### {node}\n\n')
        for heading, rows in _groups(settings):
            if heading:
                lines.append(f'**{heading}**\n\n')
            lines.append('| parameter | type | default | allowed | live | description |\n')
            lines.append('|---|---|---|---|---|---|\n')
            lines += [_table_line(row) for row in rows]
            lines.append('\n')
    return ''.join(lines).rstrip('\n') + '\n'


def _groups(settings: type[Settings]) -> list[tuple[str, tuple[Setting, ...]]]:
    """The rows of a node by the table that declares them, each group with its heading."""
    groups = [(table.heading, own_rows(table)) for table in component_tables(settings)]
    return [(heading, rows) for heading, rows in groups if rows]


def _table_line(row: Setting) -> str:
    allowed = ' '.join(filter(None, [row.allowed, row.unit])) or '–'
    live = 'yes' if row.live else 'at startup'
    return (
        f'| `{row.name}` | {row.type_name} | `{_value(row)}` | {allowed} | {live} | '
        f'{row.description} |\n'
    )


def _facts(row: Setting) -> list[str]:
    allowed = ' '.join(filter(None, [row.allowed, row.unit]))
    return [fact for fact in (allowed, 'live' if row.live else 'at startup') if fact]


def _value(row: Setting) -> str:
    if isinstance(row.default, bool):
        return str(row.default).lower()
    if isinstance(row.default, str):
        return f"'{row.default}'"
    return str(row.default)
