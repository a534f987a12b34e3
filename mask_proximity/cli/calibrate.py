# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subcommand `calibrate`."""

from __future__ import annotations

import argparse

from mask_proximity.cli.options import (
    SOURCES,
    Commands,
    add_params_option,
    add_set_option,
    require_ros,
)
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.ranging.distance_calibration import DURATION, LONGEST, parameter_lines
from mask_proximity.core.settings.parameter_file import load_settings

_NODES = ('camera_node', 'detector_node')


def add_calibrate_command(commands: Commands) -> None:
    """Add `calibrate` to the subcommands."""
    parser = commands.add_parser(
        'calibrate', help='calibrate distances with one person at a known distance'
    )
    parser.add_argument(
        '--distance',
        type=float,
        required=True,
        metavar='M',
        help='distance from the camera to the face',
    )
    parser.add_argument(
        '--duration',
        type=float,
        default=DURATION,
        metavar='S',
        help=f'how long to measure, where the source is live [{DURATION:g}]',
    )
    parser.add_argument(
        '--source', help=f'{SOURCES}, without ROS [the images of a running detector_node]'
    )
    parser.add_argument('--namespace', default='', help='namespace of the running detector_node')
    add_params_option(parser)
    add_set_option(parser, _NODES)
    parser.set_defaults(handler=_calibrate)


def _calibrate(options: argparse.Namespace) -> int:
    if not 0.0 < options.duration <= LONGEST:
        raise MaskProximityError(
            f'--duration must be above 0 and at most {LONGEST:g} s, but it is {options.duration:g}'
        )
    if options.source is None:
        require_ros()
        if options.params is not None or options.values:
            raise MaskProximityError(
                '--params and --set go with --source; a running detector_node has its own '
                'parameters'
            )
        from mask_proximity.calibrate.running import request_calibration

        calibration = request_calibration(options.namespace, options.distance, options.duration)
    else:
        from mask_proximity.calibrate.offline import calibrate

        settings = load_settings(options.params, options.values, _NODES)
        calibration = calibrate(options.source, options.distance, options.duration, settings)
    print(f'{calibration.text}\nTo keep it, put this into a parameter file:\n')
    print(parameter_lines(calibration), end='')
    return 0
