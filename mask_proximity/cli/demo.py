# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subcommand `demo`."""

from __future__ import annotations

import argparse
from pathlib import Path

from mask_proximity.cli.options import Commands, add_record_option, add_set_option, require_ros
from mask_proximity.core.settings.parameter_file import assigned_values, load_settings

_NODES = ('detector_node', 'speed_governor_node')


def add_demo_command(commands: Commands) -> None:
    """Add `demo` to the subcommands."""
    parser = commands.add_parser(
        'demo', help='run the whole graph on a simulated scene and judge it against the truth'
    )
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('output'),
        metavar='DIR',
        help='folder for the results [output]',
    )
    parser.add_argument(
        '--scene',
        default='',
        metavar='NAME|FILE',
        help='scene to drive a robot through: corridor, or a YAML file [a person who walks up]',
    )
    add_record_option(parser)
    add_set_option(parser, _NODES)
    parser.set_defaults(handler=_demo)


def _demo(options: argparse.Namespace) -> int:
    require_ros()
    from mask_proximity.demo.demo import run_demo

    # Checked before any node starts.
    load_settings(None, options.values, _NODES)
    values = assigned_values(options.values, _NODES)
    return run_demo(options.output, values, options.scene, options.record)
