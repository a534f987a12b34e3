# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Refuses a parameter file that is another package's.

rcl reads such a file without a warning, and the node then runs with its defaults, whose limits are
not those of this robot.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mask_proximity import environment
from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings.parameter_file import section_names


def check_parameter_files(arguments: Sequence[str]) -> None:
    """Check the parameter files that a command line names.

    A file that cannot be read is left to rcl, which reports it itself.

    Args:
        arguments: Arguments of a node's command line.

    Raises:
        SettingsError: A file has parameters, but for none of our nodes.
    """
    # A remapping may give a node another name.
    renamed = {item.rpartition(':=')[2] for item in arguments if '__node:=' in item}
    ours = {*environment.NODES, *renamed}
    for option, path in zip(arguments, arguments[1:], strict=False):
        if option != '--params-file':
            continue
        try:
            nodes = section_names(Path(path))
        except SettingsError:
            continue
        names = {node.rpartition('/')[2] for node in nodes}
        if nodes and not names & {*ours, '*', '**'}:
            raise SettingsError(
                f'the parameter file {path} has parameters for {", ".join(nodes)}, but for none of '
                f'{", ".join(environment.NODES)}; give the file that is meant for these nodes'
            )
