# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that several subcommands share, and the check for ROS."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from mask_proximity.core.errors import MaskProximityError

# argparse has no public name for what add_subparsers() returns.
Commands: TypeAlias = 'argparse._SubParsersAction[argparse.ArgumentParser]'
"""The subcommands of a parser."""

SOURCES = (
    'device number or path, video file, ROS 2 recording (folder, .mcap, .db3), folder of '
    "pictures, URL, or 'simulated'"
)
"""What a source can be, for help texts."""


def add_record_option(parser: argparse.ArgumentParser) -> None:
    """Add `--record`."""
    parser.add_argument(
        '--record',
        type=Path,
        metavar='FILE.mcap',
        help='record images, detections and alerts as ROS 2 messages, for Foxglove and analyze',
    )


def add_params_option(parser: argparse.ArgumentParser) -> None:
    """Add `--params`."""
    parser.add_argument(
        '--params', type=Path, metavar='FILE', help='parameter file, as for the launch files'
    )


def add_set_option(parser: argparse.ArgumentParser, nodes: Sequence[str]) -> None:
    """Add `--set`, whose pairs arrive as `values`.

    Args:
        parser: Parser of the subcommand.
        nodes: Nodes whose parameters may be set.
    """
    parser.add_argument(
        '--set',
        action='append',
        default=[],
        metavar='NAME=VALUE',
        dest='values',
        help=f'set a parameter of {" or ".join(nodes)} (NODE.NAME: of that node only); may be '
        'repeated',
    )


def require_ros() -> None:
    """Check that ROS 2 can be imported.

    Raises:
        MaskProximityError: It cannot; the text says how to get it.
    """
    if importlib.util.find_spec('rclpy') is None:
        raise MaskProximityError(
            'there is no ROS 2 in this environment: source the setup file of your ROS 2, or run '
            "pip install '.[jazzy]' in the source folder"
        )
