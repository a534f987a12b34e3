# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How many cameras one detector process can serve, what fails first, and the same on one core."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.performance.figures import percentiles
from benchmarks.performance.stream import ONE_FACE, Stream, make_frames
from benchmarks.performance.text import table
from benchmarks.processes import Ear, Graph, busy_seconds, cpu_seconds, megabytes

NAME = 'scale'

RATES = (10.0, 15.0)
LADDER = (1, 2, 4, 6, 8, 12, 16, 24)
DEADLINE = 2.0
"""Periods of the camera, that an alert may be old (95th percentile)."""

KEPT = 0.95
"""Of the images, that must be judged."""

BUSY = 0.9
"""Of all cores, from which on it is the processor that broke it."""

SECONDS = 10.0
ONE_CORE_RATES = (5.0, 10.0, 15.0, 30.0)
_SETTLE = 2.0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Cameras in one process until it breaks, then one camera on one core.

    Args:
        options: `quick`, `seconds` of each step.
    """
    quick = bool(options.quick)
    seconds = options.seconds or (1.0 if quick else SECONDS)
    ladder, rates = (LADDER[:1], RATES[:1]) if quick else (LADDER, RATES)
    with TemporaryDirectory() as name:
        graph = Graph(Path(name))
        try:
            frames = make_frames(graph)
            cameras = [_climb(graph, frames, rate, ladder, seconds) for rate in rates]
            core_rates = ONE_CORE_RATES[:1] if quick else ONE_CORE_RATES
            one_core = [
                _step(graph, frames, 1, rate, seconds, one_core=True) for rate in core_rates
            ]
        finally:
            graph.close()
    return {
        'cameras': cameras,
        'one_core': one_core,
        'seconds': seconds,
        'deadline': {'periods': DEADLINE, 'kept': KEPT, 'busy': BUSY},
    }


def _climb(
    graph: Graph, frames: str, rate: float, ladder: Sequence[int], seconds: float
) -> dict[str, Any]:
    """More and more cameras until the deadline breaks, and then what is between."""
    steps: list[dict[str, Any]] = []
    held = 0
    for number in ladder:
        steps.append(_step(graph, frames, number, rate, seconds))
        if steps[-1]['broken']:
            break
        held = number
    for number in range(held + 1, steps[-1]['cameras']):
        steps.append(_step(graph, frames, number, rate, seconds))
        if steps[-1]['broken']:
            break
        held = number
    steps.sort(key=lambda step: int(step['cameras']))
    broken = next((step['broken'] for step in steps if step['cameras'] > held), [])
    return {'rate': rate, 'held': held, 'broken': broken, 'steps': steps}


def _step(
    graph: Graph, frames: str, number: int, rate: float, seconds: float, one_core: bool = False
) -> dict[str, Any]:
    """So many cameras at a rate for a while."""
    cameras = graph.camera_names(number)
    ear = Ear(cameras, graph.context)
    stream = Stream(graph, cameras, frames)
    cores = {min(os.sched_getaffinity(0))} if one_core else os.sched_getaffinity(0)
    count = round(rate * seconds)
    try:
        with _detector(graph, cameras, cores) as detector:
            stream.wake(ear, rate)
            # The first image of a camera may be slow.
            settle = max(3, round(_SETTLE * rate))
            begin = time.monotonic() + 0.2
            stream.play(rate, settle, begin)
            stream.play(rate, count, begin + settle / rate)
            ear.listen(begin + settle / rate - time.monotonic())
            before = time.monotonic(), cpu_seconds([detector]), busy_seconds(cores)
            ear.listen(count / rate)
            after = time.monotonic(), cpu_seconds([detector]), busy_seconds(cores)
            # What comes later has broken the deadline anyway.
            ear.listen(DEADLINE / rate)
            memory, has = megabytes([detector]), len(os.sched_getaffinity(detector.pid))
            stream.stamps()
            stamps = stream.stamps()
    finally:
        stream.close()
        ear.close()
    passed, used, busy = (b - a for a, b in zip(before, after, strict=True))
    return judge(
        stamps,
        [{stamp: alert.latency for stamp, alert in ear.heard[each].items()} for each in cameras],
        rate,
        busy / passed / len(cores),
    ) | {'memory': memory, 'cores': has, 'used': used / passed}


def judge(
    stamps: Sequence[Sequence[int]],
    ages: Sequence[Mapping[int, float]],
    rate: float,
    busy: float,
) -> dict[str, Any]:
    """What has become of the images of each camera.

    Args:
        stamps: of all images, by camera.
        ages: of the alerts, ms, by camera and stamp.
        rate: of the cameras, 1/s.
        busy: the part of the cores that was used, by whomever.

    Returns:
        Plain JSON; `broken` names what broke: 'latency', 'drops', and 'processor' where that is
        why; empty if the deadline held for every camera.
    """
    kept, old = [], []
    every: list[float] = []
    for sent, heard in zip(stamps, ages, strict=True):
        found = [heard[stamp] for stamp in sent if stamp in heard]
        every += found
        kept.append(len(found) / len(sent))
        old.append(percentiles(found)['p95'])
    broken: list[str] = []
    if any(each is None or each > 1e3 * DEADLINE / rate for each in old):
        broken.append('latency')
    if min(kept) < KEPT:
        broken.append('drops')
    if broken and busy >= BUSY:
        broken.append('processor')
    return {
        'cameras': len(stamps),
        'rate': rate,
        'kept': min(kept),
        'frames_per_second': rate * sum(kept),
        'latency': percentiles(every),
        'worst_p95': max((each for each in old if each is not None), default=None),
        'busy': busy,
        'broken': broken,
    }


@contextmanager
def _detector(graph: Graph, cameras: Sequence[str], cores: set[int]) -> Iterator[Popen[bytes]]:
    """One process for all cameras; on some of the cores, as on a smaller machine, a plain one."""
    ours = os.sched_getaffinity(0)
    if len(cores) < len(ours):
        node = graph.node('detector_node', cameras[0])
        # A child is born with the cores of the thread that starts it.
        os.sched_setaffinity(0, cores)
    else:
        node = graph.node('multi_detector_node', own=cameras)
    try:
        with node as running:
            os.sched_setaffinity(0, ours)
            yield running
    finally:
        os.sched_setaffinity(0, ours)


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    deadline, climbs = result['deadline'], result['cameras']
    ends = []
    for climb in climbs:
        end = f'the next one breaks it by {" and ".join(climb["broken"])}'
        ends.append(
            f'- {climb["rate"]:g} frames per second: **{climb["held"]} cameras**; '
            f'{end if climb["broken"] else "more were not tried"}.'
        )
    return '\n\n'.join(
        [
            '## Cameras in one machine',
            f'Cameras of {ONE_FACE.name} in one `multi_detector_node`, {result["seconds"]:g} s '
            f'each step. The deadline holds while every camera has {100 * deadline["kept"]:.0f} % '
            f'of its images judged, and 95 % of them within {deadline["periods"]:g} periods. The '
            'processor is named beside it where all cores were busy for '
            f'{100 * deadline["busy"]:.0f} % of the time, with what the cameras of the benchmark '
            'take.',
            '\n'.join(ends),
            '![](images/scale.png)',
            _table([step for climb in climbs for step in climb['steps']]),
            '### On one core',
            'One camera, and `detector_node` pinned to one core of this machine, all settings at '
            'their defaults. A smaller board has slower cores than this one, so this is what to '
            'scale from, not what it will do.',
            _table(result['one_core']),
        ]
    )


def _table(steps: Sequence[Mapping[str, Any]]) -> str:
    heads = [
        'rate',
        'cameras',
        'judged, worst camera',
        'latency p50 / p95, ms',
        'all frames, 1/s',
        'CPU of the detector',
        'cores busy',
        'memory, MB',
        'deadline',
    ]
    return table(heads, [_row(step) for step in steps])


def _row(step: Mapping[str, Any]) -> list[str]:
    latency = step['latency']
    return [
        f'{step["rate"]:g}',
        f'{step["cameras"]}',
        f'{100 * step["kept"]:.0f} %',
        f'{latency["p50"]:.0f} / {latency["p95"]:.0f}' if latency['n'] else 'none',
        f'{step["frames_per_second"]:.1f}',
        f'{100 * step["used"]:.0f} %',
        f'{100 * step["busy"]:.0f} %',
        f'{step["memory"]:.0f}',
        f'broken: {", ".join(step["broken"])}' if step['broken'] else 'holds',
    ]


def pictures(result: Mapping[str, Any], folder: Path) -> None:
    """The oldest alerts by the number of cameras."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 3.6), layout='constrained')
    axis = figure.subplots()
    highest = max(1e3 * result['deadline']['periods'] / each['rate'] for each in result['cameras'])
    for number, climb in enumerate(result['cameras']):
        steps = [step for step in climb['steps'] if step['worst_p95'] is not None]
        cameras = [step['cameras'] for step in steps]
        name = f'{climb["rate"]:g} frames per second'
        axis.plot(
            cameras, [step['worst_p95'] for step in steps], 'o-', color=f'C{number}', label=name
        )
        limit = 1e3 * result['deadline']['periods'] / climb['rate']
        axis.axhline(limit, color=f'C{number}', ls='--', label=f'deadline at {climb["rate"]:g}')
    axis.set(xlabel='cameras', ylabel='latency of the worst camera, p95, ms')
    axis.set_ylim(0.0, 1.5 * highest)
    axis.grid(alpha=0.3)
    axis.legend()
    # Without the name of the software, which would change with its version.
    figure.savefig(folder / 'scale.png', dpi=110, metadata={'Software': None})
