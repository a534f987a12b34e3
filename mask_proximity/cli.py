# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask-proximity command."""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from mask_proximity import __version__
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.models.description import ModelDescription, models_directory
from mask_proximity.core.ranging.distance_calibration import DURATION, LONGEST, parameter_lines
from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings.parameter_file import assigned_values, load_settings
from mask_proximity.documents import parameters_markdown, parameters_yaml

_SOURCES = (
    'device number or path, video file, recording of ROS 2 (folder, .mcap, .db3), folder of '
    "pictures, URL, or 'simulated'"
)
# Whose parameters --set may name.
_JUDGED = ('detector_node', 'speed_governor_node')
_LIVE = tuple(NODES)
_OFFLINE = ('detector_node', 'overlay_node')
_CALIBRATED = ('camera_node', 'detector_node')


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; a user's mistake ends with one sentence and exit code 2."""
    options = _parser().parse_args(arguments)
    # A closed terminal and a polite kill end like Ctrl-C: with every node stopped. And so does
    # Ctrl-C itself where a shell has started this in the background, with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        code = int(options.command(options))
        # Here, so that whoever closes the pipe is met here and not by the end of Python.
        sys.stdout.flush()
        return code
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever reads has seen enough, as in `... | head`; what is left would break at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='mask-proximity',
        description='Notice people who come close without a mask, and tell the robot in time.',
    )
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')

    demo = commands.add_parser('demo', help='run the whole graph on a simulated scene, judge it')
    demo.add_argument('--output', type=Path, default=Path('output'), metavar='DIR')
    demo.add_argument(
        '--scene',
        default='',
        metavar='NAME|FILE',
        help='drive a robot through a scene: corridor, or a YAML file [a person who walks up]',
    )
    demo.set_defaults(command=_demo)

    run = commands.add_parser('run', help='run the whole graph on a camera, until Ctrl-C or q')
    run.add_argument('--source', help=f'{_SOURCES} [that of --params, or 0]')
    run.add_argument('--loop', action='store_true', help='start a file or folder again at its end')
    run.add_argument('--namespace', default='', help='of nodes and topics')
    run.add_argument('--no-window', action='store_true', help='open no window')
    run.set_defaults(command=_run)

    analyze = commands.add_parser(
        'analyze', help='judge a recording or a folder of pictures, without ROS, and report'
    )
    analyze.add_argument('source', metavar='SOURCE', help=_SOURCES)
    analyze.add_argument(
        '--output', type=Path, required=True, metavar='DIR', help='folder for the results'
    )
    analyze.add_argument(
        '--no-video', action='store_true', help='write no annotated video or pictures'
    )
    analyze.add_argument(
        '--blur',
        action='store_true',
        help='make faces unrecognizable in video and pictures, and show none in the report',
    )
    analyze.add_argument(
        '--topic', default='', help='of the images, in a recording of ROS 2 [the only one]'
    )
    analyze.set_defaults(command=_analyze)

    for command in (demo, run, analyze):
        command.add_argument(
            '--record',
            type=Path,
            metavar='FILE.mcap',
            help='record images, detections and alerts as ROS 2 messages, for Foxglove and analyze',
        )

    calibrate = commands.add_parser(
        'calibrate', help='make the metres right by one person at a known distance'
    )
    calibrate.add_argument(
        '--distance', type=float, required=True, metavar='M', help='from the camera to the face'
    )
    calibrate.add_argument(
        '--duration',
        type=float,
        default=DURATION,
        metavar='S',
        help=f'to look for, where the source is live [{DURATION:g}]',
    )
    calibrate.add_argument(
        '--source', help=f'{_SOURCES}, without ROS [what a running detector_node sees]'
    )
    calibrate.add_argument('--namespace', default='', help='of the running detector_node')
    calibrate.set_defaults(command=_calibrate)

    for command in (run, analyze, calibrate):
        command.add_argument(
            '--params', type=Path, metavar='FILE', help='parameter file, as for the launch files'
        )
    settable = ((demo, _JUDGED), (run, _LIVE), (analyze, _OFFLINE), (calibrate, _CALIBRATED))
    for command, nodes in settable:
        command.add_argument(
            '--set',
            action='append',
            default=[],
            metavar='NAME=VALUE',
            dest='values',
            help=f'a parameter of {" or ".join(nodes)} (NODE.NAME for one alone); may be repeated',
        )

    verify = commands.add_parser('models', help='verify the model files of the package')
    verify.set_defaults(command=_models)

    parameters = commands.add_parser('parameters', help='print the parameters of all nodes')
    parameters.add_argument('--format', choices=('yaml', 'markdown'), default='yaml')
    parameters.set_defaults(command=_parameters)

    doctor = commands.add_parser('doctor', help='say why there is no output, and how to mend it')
    doctor.add_argument('--topic', default='', help='of the images [what the detector takes]')
    doctor.add_argument('--namespace', default='', help='of the detector [any]')
    doctor.add_argument(
        '--timeout',
        type=float,
        default=2.0,
        metavar='S',
        help='to wait for what is missing on the graph; more where discovery is slow [2]',
    )
    doctor.add_argument('--no-speed', action='store_true', help='do not measure the backends')
    doctor.set_defaults(command=_doctor)

    fleet = commands.add_parser('fleet', help='hear the alerts of all robots, until Ctrl-C')
    fleet.add_argument(
        '--domain',
        type=int,
        action='append',
        default=[],
        metavar='N',
        help='ROS domain to listen in; may be repeated [ROS_DOMAIN_ID]',
    )
    fleet.add_argument(
        '--seconds', type=float, default=math.inf, metavar='S', help='end by itself after so long'
    )
    fleet.add_argument('--json', action='store_true', help='print a JSON object per line')
    fleet.set_defaults(command=_fleet)
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

    load_settings(None, options.values, _JUDGED)
    values = assigned_values(options.values, _JUDGED)
    return run_demo(options.output, values, options.scene, options.record)


def _run(options: argparse.Namespace) -> int:
    _require_ros()
    from mask_proximity.demo.live import run_live

    # Before any node is started.
    load_settings(options.params, options.values, _LIVE)
    parameters = assigned_values(options.values, _LIVE)
    if options.loop:
        parameters['camera_node']['loop'] = True
    if options.source is not None:
        parameters['camera_node']['source'] = options.source
    return run_live(
        parameters, options.params, options.namespace, not options.no_window, options.record
    )


def _analyze(options: argparse.Namespace) -> int:
    from mask_proximity.analysis.run import analyze

    values = [*options.values, *(['overlay_node.blur_faces=true'] if options.blur else [])]
    settings = load_settings(options.params, values, _OFFLINE)
    if options.record is not None:
        _require_ros()
    return analyze(
        options.source,
        options.output,
        settings,
        not options.no_video,
        options.topic,
        options.record,
    )


def _calibrate(options: argparse.Namespace) -> int:
    if not 0.0 < options.duration <= LONGEST:
        raise MaskProximityError(
            f'--duration must be above 0 and at most {LONGEST:g} s, but it is {options.duration:g}'
        )
    if options.source is None:
        _require_ros()
        if options.params is not None or options.values:
            raise MaskProximityError(
                '--params and --set go with --source; a running detector_node has its own'
            )
        from mask_proximity.calibrate.running import ask

        made = ask(options.namespace, options.distance, options.duration)
    else:
        from mask_proximity.calibrate.offline import calibrate

        settings = load_settings(options.params, options.values, _CALIBRATED)
        made = calibrate(options.source, options.distance, options.duration, settings)
    print(f'{made.text}\nTo keep it, put this into a parameter file:\n')
    print(parameter_lines(made), end='')
    return 0


def _models(options: argparse.Namespace) -> int:
    folder = models_directory()
    for path in sorted(folder.glob('*.json')):
        description = ModelDescription.load(path)
        for role, entry in description.content['files'].items():
            description.read(role)
            print(f'ok  {folder / entry["file"]}  {entry["bytes"]} bytes  {entry["sha256"]}')
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from mask_proximity.doctor.doctor import run_doctor

    return run_doctor(options.topic, options.namespace, options.timeout, speed=not options.no_speed)


def _fleet(options: argparse.Namespace) -> int:
    _require_ros()
    from mask_proximity.fleet.run import run_fleet

    return run_fleet(options.domain, options.seconds, options.json)


def _parameters(options: argparse.Namespace) -> int:
    render = parameters_yaml if options.format == 'yaml' else parameters_markdown
    print(render(), end='')
    return 0


if __name__ == '__main__':
    sys.exit(main())
