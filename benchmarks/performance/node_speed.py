# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Latency of the detector process over DDS, from the stamp of an image to the alert.

In each period, the detector gets an image; then the core and the nets alone get the same image, in
a process of their own. So the three are compared frame by frame, on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.performance.figures import percentiles, spread
from benchmarks.performance.frames import FACES, SIZES, Case, save_frames
from benchmarks.performance.stream import FOLDER, Stream
from benchmarks.performance.text import table
from benchmarks.processes import Asked, Ear, Graph, cpu_seconds, megabytes, resident
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings

NAME = 'node_speed'

AIM_FACTOR, AIM_MS = 1.10, 3.0
"""From stamp to alert at most this many times the bare nets, and so much more."""

ROUNDS = 3
SECONDS = 10.0
_SHORTEST_PERIOD = 0.1
# Of the core's time, and seconds: a third of it is the detector's, with what is not the core's.
_ROOM, _MORE_ROOM = 4.0, 0.03
_WARM_UP = 3
# Colours of Okabe and Ito, told apart by the colour-blind; see charts.py.
_LINES = {
    'nets': ('bare nets', '#7f7f7f'),
    'core': ('core', '#0072b2'),
    'latency': ('node over DDS', '#d55e00'),
}
# Seconds that the last alert may take, and that the children have to begin.
_SLACK = 0.3


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All cases in turn, in several rounds.

    Args:
        options: `quick`, `rounds`, `seconds` of each case in each round, `faces` (numbers of them),
            `pictures` of the user's own.
    """
    quick, pictures = bool(options.quick), getattr(options, 'pictures', None)
    rounds = getattr(options, 'rounds', None) or (1 if quick else ROUNDS)
    seconds = options.seconds or (1.0 if quick else SECONDS)
    cases = [
        Case(faces, *size)
        for size in (SIZES[:1] if quick else SIZES)
        for faces in (getattr(options, 'faces', None) or ((0, 1) if quick else FACES))
    ]
    if pictures is not None:
        cases += [Case(None, *size) for size in (SIZES[:1] if quick else SIZES)]
    parts: dict[str, list[dict[str, Any]]] = {case.name: [] for case in cases}
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_frames(cases, folder, load_face_detector(DetectorSettings()), pictures)
        graph = Graph(folder)
        try:
            (camera,) = graph.camera_names()
            ear = graph.ear([camera])
            stream = Stream(graph, [camera])
            yardstick = graph.asked(FOLDER / 'yardstick.py')
            with graph.node('detector_node', camera) as detector:
                for _ in range(rounds):
                    for case in cases:
                        file = str(folder / f'{case.name}.npy')
                        part = _play(file, seconds, ear, stream, yardstick, detector)
                        parts[case.name].append(part)
        finally:
            graph.close()
    return {
        'cases': [{**case.as_json(), **_together(parts[case.name])} for case in cases],
        'seconds': seconds,
        'aim': {'factor': AIM_FACTOR, 'ms': AIM_MS},
    }


def _play(
    file: str,
    seconds: float,
    ear: Ear,
    stream: Stream,
    yardstick: Asked,
    detector: Popen[bytes],
) -> dict[str, Any]:
    """One case in one round."""
    stream.load(file)
    yardstick.ask(load=file)
    core = yardstick.answer()['core'] / 1e3
    period = max(_SHORTEST_PERIOD, _ROOM * core + _MORE_ROOM)
    count = _WARM_UP + max(3, round(seconds / period))
    # The first image of another size is slow, and the very first one waits for the detector.
    ear.clear()
    stream.wake(ear, 1.0 / period)
    begin = time.monotonic() + _SLACK
    used = cpu_seconds([detector])
    stream.play(1.0 / period, count, begin)
    yardstick.ask(begin=begin, period=period, count=count)
    ear.listen(_SLACK + count * period + _SLACK)
    used = cpu_seconds([detector]) - used
    (stamps,) = stream.stamps()
    times = yardstick.answer()
    # What may still be on its way.
    heard_of = ear.heard[stream.cameras[0]]
    ear.listen(2.0, lambda: all(stamp in heard_of for stamp in stamps[-1:]))
    alerts = [heard_of.get(stamp) for stamp in stamps[_WARM_UP:]]
    heard = [alert for alert in alerts if alert is not None]
    return {
        'latency': [alert.latency for alert in heard],
        'delay': [alert.delay for alert in heard],
        'core': times['core'][_WARM_UP:],
        'nets': times['nets'][_WARM_UP:],
        'seen': [alert.faces for alert in heard],
        'lost': len(alerts) - len(heard),
        'cpu': 1e3 * used / len(stamps),
        'rate': 1.0 / period,
        'memory': megabytes([detector]),
        'resident': resident(detector)[0],
    }


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of a case, of all its rounds."""
    found: dict[str, Any] = {
        name: percentiles([value for part in parts for value in part[name]])
        for name in ('latency', 'delay', 'core', 'nets')
    }
    middles = [
        {name: percentiles(part[name])['p50'] for name in ('latency', 'core', 'nets')}
        for part in parts
        if part['latency']
    ]
    found['ratio'] = spread([middle['latency'] / middle['nets'] for middle in middles])
    found['core_ratio'] = spread([middle['latency'] / middle['core'] for middle in middles])
    found['more'] = spread([middle['latency'] - middle['nets'] for middle in middles])
    found['beyond_aim'] = spread(
        [middle['latency'] - AIM_FACTOR * middle['nets'] - AIM_MS for middle in middles]
    )
    for name in ('cpu', 'memory', 'resident', 'rate'):
        found[name] = spread([part[name] for part in parts])
    found['seen'] = spread([value for part in parts for value in part['seen']])
    found['lost'] = sum(part['lost'] for part in parts)
    return found


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    heads = [
        'frames',
        'images',
        'nets alone',
        'core alone',
        'stamp to alert, p50 / p95 / p99',
        'heard, p50',
        'node / nets',
        'node - nets',
        'CPU',
        'memory',
    ]
    first = result['cases'][0]
    resident_now = spread([each['resident']['median'] for each in result['cases']])
    return '\n\n'.join(
        [
            '## The node over DDS',
            'From the stamp of an image, made just before it is published, until the alert is '
            'published ("stamp to alert", by the alert\'s own field `latency`) and until another '
            'process has it ("heard"). In every period the detector gets an image, then the core '
            'alone and the two bare nets get the same one in a process of their own. Times in ms, '
            f'of all {first["ratio"]["n"]} rounds together; ratio and difference are the median of '
            'the rounds (lowest to highest), each taken of the medians of one round. CPU is ms a '
            'frame, all threads of the detector; memory its PSS, MB, which counts in parts what it '
            'shares with others. All that is resident (RSS) is '
            f'{resident_now["low"]:.0f} to {resident_now["high"]:.0f} MB.',
            '![](images/node_speed.png)',
            table(heads, [_row(found) for found in result['cases'] if found['latency']['n']]),
        ]
    )


def _row(found: Mapping[str, Any]) -> list[str]:
    latency = found['latency']
    return [
        Case(found['faces'], found['width'], found['height']).name,
        f'{latency["n"]}',
        f'{found["nets"]["p50"]:.1f}',
        f'{found["core"]["p50"]:.1f}',
        f'{latency["p50"]:.1f} / {latency["p95"]:.1f} / {latency["p99"]:.1f}',
        f'{found["delay"]["p50"]:.1f}',
        _range(found['ratio'], '.2f'),
        _range(found['more'], '.1f'),
        f'{found["cpu"]["median"]:.0f}',
        f'{found["memory"]["median"]:.0f}',
    ]


def _range(found: Mapping[str, Any], form: str) -> str:
    return f'{found["median"]:{form}} ({found["low"]:{form}} to {found["high"]:{form}})'


def pictures(result: Mapping[str, Any], folder: Path) -> None:
    """The way of a frame by the number of faces: nets, core, node."""
    from matplotlib.figure import Figure

    sizes = sorted({(found['width'], found['height']) for found in result['cases']})
    figure = Figure(figsize=(4.0 * len(sizes), 3.6), layout='constrained')
    axes = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    for axis, size in zip(axes, sizes, strict=True):
        cases = [
            found
            for found in result['cases']
            if (found['width'], found['height']) == size
            and found['faces'] is not None
            and found['latency']['n']
        ]
        faces = [found['faces'] for found in cases]
        for name, (label, color) in _LINES.items():
            middles = [found[name]['p50'] for found in cases]
            axis.plot(faces, middles, 'o-', color=color, label=label)
        low = [found['latency']['p50'] for found in cases]
        high = [found['latency']['p95'] for found in cases]
        axis.fill_between(
            faces, low, high, color=_LINES['latency'][1], alpha=0.2, label='node, p50 to p95'
        )
        axis.set(title=f'{size[0]}x{size[1]}', xlabel='faces', xticks=faces)
        axis.grid(alpha=0.3)
    # Here, as it ends the scaling of an axis that all of them share.
    axes[0].set_ylim(bottom=0.0)
    axes[0].set_ylabel('ms')
    axes[0].legend()
    # Without the name of the software, which would change with its version.
    figure.savefig(folder / 'node_speed.png', dpi=110, metadata={'Software': None})
