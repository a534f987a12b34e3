# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subcommand `doctor`."""

from __future__ import annotations

import argparse

from mask_proximity.cli.options import Commands


def add_doctor_command(commands: Commands) -> None:
    """Add `doctor` to the subcommands."""
    parser = commands.add_parser('doctor', help='say why there is no output, and how to fix it')
    parser.add_argument(
        '--topic', default='', help='image topic [the one that the detector subscribes to]'
    )
    parser.add_argument('--namespace', default='', help='namespace of the detector [any]')
    parser.add_argument(
        '--timeout',
        type=float,
        default=2.0,
        metavar='S',
        help='how long to wait for what is missing on the graph; longer if discovery is slow [2]',
    )
    parser.add_argument('--no-speed', action='store_true', help='do not measure the backends')
    parser.set_defaults(handler=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from mask_proximity.doctor.doctor import run_doctor

    return run_doctor(options.topic, options.namespace, options.timeout, speed=not options.no_speed)
