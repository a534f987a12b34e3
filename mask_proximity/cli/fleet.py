# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subcommand `fleet`."""

from __future__ import annotations

import argparse
import math

from mask_proximity.cli.options import Commands, require_ros


def add_fleet_command(commands: Commands) -> None:
    """Add `fleet` to the subcommands."""
    parser = commands.add_parser('fleet', help='show the alerts of all robots until Ctrl-C')
    parser.add_argument(
        '--domain',
        type=int,
        action='append',
        default=[],
        metavar='N',
        help='ROS domain to listen in; may be repeated [ROS_DOMAIN_ID]',
    )
    parser.add_argument(
        '--seconds', type=float, default=math.inf, metavar='S', help='stop after this time'
    )
    parser.add_argument('--json', action='store_true', help='print one JSON object per line')
    parser.set_defaults(handler=_fleet)


def _fleet(options: argparse.Namespace) -> int:
    require_ros()
    from mask_proximity.fleet.run import run_fleet

    return run_fleet(options.domain, options.seconds, options.json)
