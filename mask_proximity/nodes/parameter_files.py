# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Refuses a parameter file that is another package's.

rcl reads such a file without a word, and the node then runs with its defaults: limits that are not
those of this robot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from mask_proximity import environment
from mask_proximity.core.errors import SettingsError


def check_parameter_files(arguments: Sequence[str]) -> None:
    """Look at the files that a command line names.

    What cannot be read is left to rcl, which says so itself.

    Args:
        arguments: of a node's command line.

    Raises:
        SettingsError: a file has parameters, but for none of our nodes.
    """
    # A remapping may give a node another name.
    renamed = {item.rpartition(':=')[2] for item in arguments if '__node:=' in item}
    ours = {*environment.NODES, *renamed}
    for option, path in zip(arguments, arguments[1:], strict=False):
        if option != '--params-file':
            continue
        try:
            content = yaml.safe_load(Path(path).read_text(encoding='utf-8'))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        nodes = sorted(set(_nodes(content)))
        names = {node.rpartition('/')[2] for node in nodes}
        if nodes and not names & {*ours, '*', '**'}:
            raise SettingsError(
                f'the parameter file {path} has parameters for {", ".join(nodes)}, but for none of '
                f'{", ".join(environment.NODES)}; give the file that is meant for these nodes'
            )


def _nodes(content: object, prefix: str = '') -> Iterator[str]:
    """The names of nodes in a parameter file, whose namespaces may be levels of their own."""
    if not isinstance(content, dict):
        return
    for key, below in content.items():
        if key == 'ros__parameters':
            yield prefix
        else:
            yield from _nodes(below, f'{prefix}/{key}'.replace('//', '/'))
