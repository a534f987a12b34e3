# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is generated from the table of settings: the commented YAML and the tables of the docs."""

from __future__ import annotations

import textwrap

from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings_table import Setting, setting_rows

_HEAD = """\
# Parameters of all nodes, with their defaults. Generated: mask-proximity parameters --format yaml
# Copy it, change it, and give it to the launch file: params_file:=/path/to/your.yaml
#
# 'live' parameters can be changed while the node runs (ros2 param set) and act on the next image;
# the others are read at the start.
"""


def parameters_yaml() -> str:
    """The parameter file of the launch files, with every parameter at its default."""
    lines = [_HEAD]
    for node, settings in NODES.items():
        # The wildcard lets the same file serve in any namespace.
        lines.append(f'/**/{node}:\n  ros__parameters:\n')
        for row in setting_rows(settings):
            comment = f'{row.description} ({", ".join(_facts(row))})'
            for line in textwrap.wrap(comment, 92):
                lines.append(f'    # {line}\n')
            lines.append(f'    {row.name}: {_value(row)}\n')
        lines.append('\n')
    return ''.join(lines).rstrip('\n') + '\n'


def parameters_markdown() -> str:
    """A table per node for the docs."""
    lines = []
    for node, settings in NODES.items():
        lines.append(f'### {node}\n\n')
        lines.append('| parameter | type | default | allowed | live | what |\n')
        lines.append('|---|---|---|---|---|---|\n')
        for row in setting_rows(settings):
            allowed = ' '.join(filter(None, [row.allowed, row.unit])) or '–'
            live = 'yes' if row.live else 'at start'
            lines.append(
                f'| `{row.name}` | {row.type_name} | `{_value(row)}` | {allowed} | {live} | '
                f'{row.description} |\n'
            )
        lines.append('\n')
    return ''.join(lines).rstrip('\n') + '\n'


def _facts(row: Setting) -> list[str]:
    allowed = ' '.join(filter(None, [row.allowed, row.unit]))
    return [fact for fact in (allowed, 'live' if row.live else 'at start') if fact]


def _value(row: Setting) -> str:
    if isinstance(row.default, bool):
        return str(row.default).lower()
    if isinstance(row.default, str):
        return f"'{row.default}'"
    return str(row.default)
