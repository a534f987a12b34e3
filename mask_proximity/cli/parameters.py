# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subcommand `parameters`."""

from __future__ import annotations

import argparse

from mask_proximity.cli.options import Commands
from mask_proximity.documents import parameters_markdown, parameters_yaml


def add_parameters_command(commands: Commands) -> None:
    """Add `parameters` to the subcommands."""
    parser = commands.add_parser('parameters', help='print the parameters of all nodes')
    parser.add_argument(
        '--format', choices=('yaml', 'markdown'), default='yaml', help='output format [yaml]'
    )
    parser.set_defaults(handler=_parameters)


def _parameters(options: argparse.Namespace) -> int:
    render = parameters_yaml if options.format == 'yaml' else parameters_markdown
    print(render(), end='')
    return 0
