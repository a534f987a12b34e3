# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask-proximity command."""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import yaml

from mask_proximity import __version__
from mask_proximity.core import config, models
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.models import ModelDescription
from mask_proximity.documents import parameters_markdown, parameters_yaml


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; a user's mistake ends with one sentence and exit code 2."""
    options = _parser().parse_args(arguments)
    # A closed terminal and a polite kill end like Ctrl-C: with every node stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return int(options.command(options))
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='mask-proximity',
        description='Notice people who come close without a mask, and tell the robot in time.',
    )
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')

    demo = commands.add_parser('demo', help='run the whole graph on a simulated scene, judge it')
    demo.add_argument('--output', type=Path, default=Path('output'), metavar='DIR')
    demo.set_defaults(command=_demo)

    run = commands.add_parser('run', help='run the whole graph on a camera, until Ctrl-C or q')
    run.add_argument(
        '--source',
        default='0',
        help="device number or path, video file, folder of pictures, URL, or 'simulated'",
    )
    run.add_argument('--loop', action='store_true', help='start a file or folder again at its end')
    run.add_argument('--namespace', default='', help='of nodes and topics')
    run.add_argument('--no-window', action='store_true', help='open no window')
    run.set_defaults(command=_run)

    for command in (demo, run):
        command.add_argument(
            '--set',
            action='append',
            default=[],
            metavar='NAME=VALUE',
            dest='values',
            help='a parameter of detector_node; may be repeated',
        )

    verify = commands.add_parser('models', help='verify the model files of the package')
    verify.set_defaults(command=_models)

    parameters = commands.add_parser('parameters', help='print the parameters of all nodes')
    parameters.add_argument('--format', choices=('yaml', 'markdown'), default='yaml')
    parameters.set_defaults(command=_parameters)

    doctor = commands.add_parser('doctor', help='say why there is no output, and how to mend it')
    doctor.add_argument('--topic', default='', help='of the images [what the detector takes]')
    doctor.add_argument('--namespace', default='', help='of the detector [any]')
    doctor.add_argument('--timeout', type=float, default=8.0, metavar='S', help='for the graph [8]')
    doctor.set_defaults(command=_doctor)
    return parser


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _require_ros() -> None:
    if importlib.util.find_spec('rclpy') is None:
        raise MaskProximityError(
            'there is no ROS 2 in this environment: source the setup file of yours, or add one by '
            "pip install '.[jazzy]' in the source folder"
        )


def _demo(options: argparse.Namespace) -> int:
    _require_ros()
    from mask_proximity.demo.demo import run_demo

    return run_demo(options.output, _detector_values(options.values))


def _run(options: argparse.Namespace) -> int:
    _require_ros()
    from mask_proximity.demo.live import run_live

    return run_live(
        options.source,
        {'loop': 'true'} if options.loop else {},
        _detector_values(options.values),
        options.namespace,
        not options.no_window,
    )


def _detector_values(items: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE pairs, checked against the table before any node is started.

    Raises:
        MaskProximityError: one of them is no setting of detector_node.
    """
    values: dict[str, str] = {}
    for item in items:
        name, separator, value = item.partition('=')
        if not separator:
            raise MaskProximityError(f'--set {item}: expected NAME=VALUE')
        values[name] = value
    parsed = {name: yaml.safe_load(value) for name, value in values.items()}
    config.replaced(config.DetectorSettings(), parsed)
    return values


def _models(options: argparse.Namespace) -> int:
    folder = models.models_directory()
    for path in sorted(folder.glob('*.json')):
        description = ModelDescription.load(path)
        for role, entry in description.content['files'].items():
            description.read(role)
            print(f'ok  {folder / entry["file"]}  {entry["bytes"]} bytes  {entry["sha256"]}')
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from mask_proximity.doctor.doctor import run_doctor

    return run_doctor(options.topic, options.namespace, options.timeout)


def _parameters(options: argparse.Namespace) -> int:
    render = parameters_yaml if options.format == 'yaml' else parameters_markdown
    print(render(), end='')
    return 0


if __name__ == '__main__':
    sys.exit(main())
