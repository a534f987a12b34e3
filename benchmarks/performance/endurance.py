# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A fast camera for minutes: the age of the alerts, and whether the newest image was processed.

The result is written every minute, so a run that is stopped early has one, too.
"""

from __future__ import annotations

import argparse
import bisect
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sensor_msgs.msg import Image

from benchmarks.performance import results
from benchmarks.performance.figures import grows, percentiles, slope, spread
from benchmarks.performance.stream import FOLDER, ONE_FACE, Stream, make_frames
from benchmarks.processes import Ear, Graph, Heard, cpu_seconds, resident
from mask_proximity.ros import qos
from mask_proximity.ros.conversions import nanoseconds

NAME = 'endurance'

RATE = 60.0
MINUTES = 10.0
_QUICK = 0.05
AIM_FRAMES = 2.0
"""Frame times of what the nets allow, that an alert may be old (99th percentile)."""

HARMLESS_MS = 1.0
"""Per hour, below which an age does not grow."""

HARMLESS_MB = 1.0
"""Per hour, below which memory is flat."""

_BLOCK = 60.0
_SAMPLE = 10.0
# Of the time for memory: the shared memory of DDS, and the heap, fill until all was used once.
_FILLING = 1.0 / 6.0
_TRANSPORT = 3.0
_SLACK = 0.3
_HOUR = 3600.0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run it, and write what there is after every minute.

    Args:
        options: `quick`, `minutes`, `results` the folder that is written to.
    """
    minutes = getattr(options, 'minutes', None) or (_QUICK if options.quick else MINUTES)
    return follow(NAME, options, RATE, minutes)


def follow(name: str, options: argparse.Namespace, rate: float, minutes: float) -> dict[str, Any]:
    """Show a detector a camera, and write what there is after every minute.

    Args:
        name: of the result.
        options: `results`, the folder that is written to.
        rate: of the camera, frames per second.
        minutes: that it takes.
    """
    folder = getattr(options, 'results', None) or results.FOLDER
    total = 60.0 * minutes
    block = min(_BLOCK, total / 3.0)
    result: dict[str, Any] = {}
    with TemporaryDirectory() as scratch:
        graph = Graph(Path(scratch))
        try:
            for run in _run(graph, rate, total, block):
                result = {
                    **run.result(),
                    'partial': run.passed < total - 1.0,
                    'planned': {'minutes': minutes},
                }
                results.save(name, result, folder)
        finally:
            graph.close()
    return result


class Run:
    """What has been seen so far.

    Attributes:
        passed: seconds.
    """

    def __init__(self, rate: float, block: float, transport: Sequence[float]) -> None:
        """Begin.

        Args:
            rate: of the camera, frames per second.
            block: seconds.
            transport: ms from stamp to arrival, of many images.
        """
        self.passed = 0.0
        self._rate, self._block = rate, block
        self._transport = percentiles(transport)
        self._nets: list[float] = []
        self._blocks: list[dict[str, Any]] = []
        self._memory: list[tuple[float, float, float]] = []
        self._cpu: list[float] = []

    def weigh(self, memory: tuple[float, float], seconds: float) -> None:
        """Take the memory, resident and heap, after so many seconds."""
        self._memory.append((seconds, *memory))

    def time_nets(self, milliseconds: float) -> None:
        """Take what the bare nets need, measured while the detector rests."""
        self._nets.append(milliseconds)

    def end_block(self, stamps: Sequence[int], alerts: Mapping[int, Heard], cpu: float) -> None:
        """Take a block of time: all images that were published, and the alerts of them."""
        judged = [stamp for stamp in stamps if stamp in alerts]
        ages = [alerts[stamp].latency for stamp in judged]
        transport = 1e6 * (self._transport['p99'] or 0.0)
        behind = frames_behind(stamps, {each: alerts[each].latency for each in judged}, transport)
        self.passed += self._block
        self._cpu.append(100.0 * cpu / self._block)
        self._blocks.append(
            {
                'time': self.passed,
                'planned': round(self._rate * self._block),
                'published': len(stamps),
                'judged': len(judged),
                'age': percentiles(ages),
                'newest': sum(not each for each in behind),
                'behind': max(behind, default=0),
            }
        )

    def result(self) -> dict[str, Any]:
        """As plain JSON."""
        blocks = self._blocks
        aged = [each for each in blocks if each['age']['n']]
        hours = [each['time'] / _HOUR for each in aged]
        growth = {
            name: slope(hours, [each['age'][name] for each in aged]) for name in ('p50', 'p99')
        }
        judged = sum(each['judged'] for each in blocks)
        late = [each for each in self._memory if each[0] >= _FILLING * self._memory[-1][0]]
        times, resident_, heap = _middles(late, self._block)
        memory = {'resident': slope(times, resident_), 'heap': slope(times, heap)}
        p99 = spread([each['age']['p99'] for each in aged])
        nets = spread(self._nets)
        return {
            'rate': self._rate,
            'seconds': self.passed,
            'block': self._block,
            'blocks': blocks,
            'p50': spread([each['age']['p50'] for each in aged]),
            'p99': p99,
            'nets': nets,
            'transport': self._transport,
            # Both ways to say it: the camera may be slower than the nets.
            'p99_in_nets': p99['median'] / nets['median'] if aged else None,
            'p99_in_frames': p99['median'] / max(nets['median'], 1e3 / self._rate)
            if aged
            else None,
            'growth': growth,
            'grows': any(grows(each, HARMLESS_MS) for each in growth.values()),
            'images': sum(each['planned'] for each in blocks),
            'published': sum(each['published'] for each in blocks),
            'judged': judged,
            'newest': sum(each['newest'] for each in blocks) / judged if judged else None,
            'behind': max((each['behind'] for each in blocks), default=0),
            'cpu': spread(self._cpu),
            'memory': memory,
            'memory_flat': not any(grows(each, HARMLESS_MB) for each in memory.values()),
            'memory_series': self._memory,
            'aim': {'frames': AIM_FRAMES, 'ms_per_hour': HARMLESS_MS, 'mb_per_hour': HARMLESS_MB},
        }


def _middles(series: Sequence[Sequence[float]], block: float) -> tuple[list[float], ...]:
    """Hours and values of a series, its medians by block: samples depend on their neighbours."""
    blocks: dict[int, list[Sequence[float]]] = {}
    for each in series:
        blocks.setdefault(int(each[0] // block), []).append(each)
    middles = [np.median(each, axis=0) for each in blocks.values()]
    times, *values = (list(map(float, column)) for column in np.transpose(middles))
    return ([time / _HOUR for time in times], *values)


def frames_behind(stamps: Sequence[int], ages: Mapping[int, float], transport: float) -> list[int]:
    """For each alert, how many newer images were there for certain when its work began.

    The detector begins with the next image when the alert before is out, or when an image comes, if
    that is later; and it may know an image one transport after its stamp.

    Args:
        stamps: of all images published, ascending, nanoseconds.
        ages: of the alerts when they were published, ms, by the stamp of their image.
        transport: that an image takes, nanoseconds.
    """
    behind = []
    # Whole nanoseconds: those since 1970 are more than a float can tell apart.
    transport = round(transport)
    free = 0
    for stamp in sorted(ages):
        begin = max(free, stamp + transport)
        behind.append(
            bisect.bisect_right(stamps, begin - transport) - bisect.bisect_right(stamps, stamp)
        )
        free = stamp + round(1e6 * ages[stamp])
    return behind


def _run(graph: Graph, rate: float, total: float, block: float) -> Iterator[Run]:
    """The run after each block of it."""
    frames = make_frames(graph)
    (camera,) = graph.camera_names()
    stream = Stream(graph, [camera], frames)
    yardstick = graph.asked(FOLDER / 'yardstick.py')
    transport = _transport(graph, camera, stream, rate, block)
    ear = graph.ear([camera])
    count = round(rate * block)
    with graph.node('detector_node', camera) as detector:
        stream.wake(ear, rate)
        ear.listen(1.0)
        ear.clear()
        run = Run(rate, block, transport)
        # Alone: the camera makes a break.
        yardstick.ask(load=frames)
        run.time_nets(yardstick.answer()['nets'])
        begin = time.monotonic() + 0.5
        stream.play(rate, count, begin)
        blocks = round(total / block)
        for number in range(blocks):
            used = cpu_seconds([detector])
            end = begin + (number + 1) * block
            if number + 1 < blocks:
                # Before this one has ended: the camera makes no break.
                stream.play(rate, count, end)
            while (left := end - time.monotonic()) > 0.0:
                ear.listen(min(left, _SAMPLE, block))
                run.weigh(resident(detector), time.monotonic() - begin)
            (stamps,) = stream.stamps()
            # The last alert may be on its way.
            ear.listen(_SLACK)
            run.end_block(stamps, ear.heard[camera], cpu_seconds([detector]) - used)
            for stamp in stamps:
                ear.heard[camera].pop(stamp, None)
            yield run
        yardstick.ask(load=frames)
        run.time_nets(yardstick.answer()['nets'])
    yield run


def _transport(graph: Graph, camera: str, stream: Stream, rate: float, block: float) -> list[float]:
    """Milliseconds from stamp to arrival in a process that does nothing else."""
    ear = Ear([], graph.context)
    delays: list[float] = []
    ear.node.create_subscription(
        Image,
        f'/{camera}/image_raw',
        lambda image: delays.append((time.time_ns() - nanoseconds(image.header.stamp)) / 1e6),
        qos.NEWEST_IMAGE,
    )
    try:
        # In the first second they find each other.
        for seconds in (1.0, min(_TRANSPORT, block)):
            delays.clear()
            stream.play(rate, round(seconds * rate))
            ear.listen(seconds + 0.2)
            stream.stamps()
        return delays
    finally:
        ear.close()


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    p50, p99, nets = result['p50'], result['p99'], result['nets']
    if not result['judged']:
        return '## Endurance\n\nNothing was judged.'
    rows = {
        'age of an alert, p50 of each block': _range(p50, 'ms'),
        '**age of an alert, p99 of each block**': _range(p99, 'ms'),
        'the bare nets, before and after': _range(nets, 'ms'),
        'p99 in times of the bare nets': f'{result["p99_in_nets"]:.2f}',
        'p99 in frame times that camera and nets allow': f'{result["p99_in_frames"]:.2f}',
        'growth of p50 in an hour (95 % interval)': growth(result['growth']['p50'], 'ms'),
        'growth of p99 in an hour (95 % interval)': growth(result['growth']['p99'], 'ms'),
        'images planned, published in time, judged': (
            f'{result["images"]}, {result["published"]}, {result["judged"]}'
        ),
        'the newest image was taken': f'{100 * result["newest"]:.2f} % of the alerts',
        'images behind, at most': f'{result["behind"]}',
        'processor': f'{result["cpu"]["median"]:.0f} % of a core',
        'resident memory at the end': f'{result["memory_series"][-1][1]:.0f} MB',
    }
    unfinished = ' **The run was ended early.**' if result['partial'] else ''
    return '\n'.join(
        [
            '## Endurance',
            '',
            f'A camera of {result["rate"]:g} frames per second ({ONE_FACE.name}) for '
            f'{result["seconds"] / 60.0:.1f} minutes, in blocks of {result["block"]:.0f} s; median '
            f'of the blocks (lowest to highest).{unfinished} The age is from the stamp of an image '
            'until its alert is published. An image was the newest if, when the alert before was '
            'out, no newer one had been published for longer than an image takes to arrive '
            f'({result["transport"]["p99"]:.1f} ms, p99, measured before). The growth is a slope '
            'by Theil and Sen through the blocks.',
            '',
            '![](images/endurance.png)',
            '',
            '| | |',
            '|---|---|',
            *(f'| {name} | {value} |' for name, value in rows.items()),
        ]
    )


def _range(found: Mapping[str, Any], unit: str) -> str:
    return f'{found["median"]:.1f} ({found["low"]:.1f} to {found["high"]:.1f}) {unit}'


def growth(found: Mapping[str, Any], unit: str) -> str:
    """A slope with its interval, in words.

    Args:
        found: see figures.slope.
        unit: of the values.
    """
    if found['slope'] is None:
        return 'too short to say'
    return f'{found["slope"]:+.2f} ({found["low"]:+.2f} to {found["high"]:+.2f}) {unit}'


def pictures(result: Mapping[str, Any], folder: Path) -> None:
    """Age over time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.2), layout='constrained')
    ages = figure.subplots()
    blocks = [each for each in result['blocks'] if each['age']['n']]
    minutes = [each['time'] / 60.0 for each in blocks]
    for name in ('p50', 'p95', 'p99'):
        ages.plot(minutes, [each['age'][name] for each in blocks], 'o-', ms=3, label=name)
    ages.axhline(result['nets']['median'], color='grey', ls='--', label='bare nets')
    ages.set(
        title=f'Age of the alerts at {result["rate"]:g} frames per second',
        xlabel='minutes',
        ylabel='age of the alert, ms',
        ylim=(0.0, None),
    )
    ages.legend(ncols=4)
    ages.grid(alpha=0.3)
    # Without the name of the software, which would change with its version.
    figure.savefig(folder / 'endurance.png', dpi=110, metadata={'Software': None})
