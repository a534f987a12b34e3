# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subcommand `analyze`."""

from __future__ import annotations

import argparse
from pathlib import Path

from mask_proximity.cli.options import (
    SOURCES,
    Commands,
    add_params_option,
    add_record_option,
    add_set_option,
    require_ros,
)
from mask_proximity.core.settings.parameter_file import load_settings

_NODES = ('detector_node', 'overlay_node')


def add_analyze_command(commands: Commands) -> None:
    """Add `analyze` to the subcommands."""
    parser = commands.add_parser(
        'analyze', help='analyze a recording or a folder of pictures, without ROS, and report'
    )
    parser.add_argument('source', metavar='SOURCE', help=SOURCES)
    parser.add_argument(
        '--output', type=Path, required=True, metavar='DIR', help='folder for the results'
    )
    parser.add_argument(
        '--no-video', action='store_true', help='do not write an annotated video or pictures'
    )
    parser.add_argument(
        '--blur',
        action='store_true',
        help='make faces unrecognizable in the video and pictures, and show none in the report',
    )
    parser.add_argument(
        '--topic', default='', help='image topic of a ROS 2 recording [the only one]'
    )
    add_record_option(parser)
    add_params_option(parser)
    add_set_option(parser, _NODES)
    parser.set_defaults(handler=_analyze)


def _analyze(options: argparse.Namespace) -> int:
    from mask_proximity.analysis.run import analyze

    values = [*options.values, *(['overlay_node.blur_faces=true'] if options.blur else [])]
    settings = load_settings(options.params, values, _NODES)
    if options.record is not None:
        # The recording holds ROS messages.
        require_ros()
    return analyze(
        options.source,
        options.output,
        settings,
        not options.no_video,
        options.topic,
        options.record,
    )
