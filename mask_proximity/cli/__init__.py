# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask-proximity command: one file for each subcommand, and `main`, which runs them.

A subcommand imports what it needs only when it runs, so those that need no ROS work without it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from mask_proximity import __version__
from mask_proximity.cli.analyze import add_analyze_command
from mask_proximity.cli.calibrate import add_calibrate_command
from mask_proximity.cli.demo import add_demo_command
from mask_proximity.cli.doctor import add_doctor_command
from mask_proximity.cli.fleet import add_fleet_command
from mask_proximity.cli.models import add_models_command
from mask_proximity.cli.parameters import add_parameters_command
from mask_proximity.cli.run import add_run_command
from mask_proximity.core.errors import MaskProximityError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Command line without the program name; None means sys.argv.

    Returns:
        The exit code: that of the subcommand, 2 after a user's mistake (reported in one sentence),
        130 after Ctrl-C or a signal.
    """
    options = _parser().parse_args(arguments)
    # SIGTERM and a closed terminal end the command as Ctrl-C does: with every node stopped. SIGINT
    # needs a handler too, because a shell starts background processes with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        code = int(options.handler(options))
        # Flushed here, so that a closed pipe raises here and not while Python shuts down.
        sys.stdout.flush()
        return code
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has seen enough, as in `... | head`. What is still buffered must go somewhere,
        # or Python reports the closed pipe again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='mask-proximity',
        description='Notice people who come close without a mask, and warn the robot in time.',
    )
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    # In this order they are listed by --help.
    add_demo_command(commands)
    add_run_command(commands)
    add_analyze_command(commands)
    add_calibrate_command(commands)
    add_models_command(commands)
    add_parameters_command(commands)
    add_doctor_command(commands)
    add_fleet_command(commands)
    return parser


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
