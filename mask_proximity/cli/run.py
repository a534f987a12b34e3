# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subcommand `run`."""

from __future__ import annotations

import argparse

from mask_proximity.cli.options import (
    SOURCES,
    Commands,
    add_params_option,
    add_record_option,
    add_set_option,
    require_ros,
)
from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings.parameter_file import assigned_values, load_settings

_NODES = tuple(NODES)


def add_run_command(commands: Commands) -> None:
    """Add `run` to the subcommands."""
    parser = commands.add_parser('run', help='run the whole graph on a camera until Ctrl-C or q')
    parser.add_argument('--source', help=f'{SOURCES} [the source in --params, or 0]')
    parser.add_argument(
        '--loop', action='store_true', help='start a file or folder again at its end'
    )
    parser.add_argument('--namespace', default='', help='namespace of all nodes and topics')
    parser.add_argument('--no-window', action='store_true', help='do not open a window')
    add_record_option(parser)
    add_params_option(parser)
    add_set_option(parser, _NODES)
    parser.set_defaults(handler=_run)


def _run(options: argparse.Namespace) -> int:
    require_ros()
    from mask_proximity.demo.live import run_live

    # Checked before any node starts.
    load_settings(options.params, options.values, _NODES)
    parameters = assigned_values(options.values, _NODES)
    if options.loop:
        parameters['camera_node']['loop'] = True
    if options.source is not None:
        parameters['camera_node']['source'] = options.source
    return run_live(
        parameters, options.params, options.namespace, not options.no_window, options.record
    )
