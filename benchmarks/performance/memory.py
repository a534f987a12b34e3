# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether the memory of a detector grows within an hour."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.performance.endurance import follow, growth
from benchmarks.performance.stream import ONE_FACE

NAME = 'memory'

RATE = 10.0
"""Slow enough that other work may go on meanwhile: it is no matter of speed."""

MINUTES = 60.0
_QUICK = 0.05
_NOTICED = 0.1
"""MB."""


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run it, and write what there is after every minute.

    Args:
        options: `quick`, `memory_minutes`, `results` the folder that is written to.
    """
    minutes = getattr(options, 'memory_minutes', None) or (_QUICK if options.quick else MINUTES)
    return follow(NAME, options, RATE, minutes)


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    unfinished = ' **The run was ended early.**' if result['partial'] else ''
    resident, heap = (growth(result['memory'][each], 'MB') for each in ('resident', 'heap'))
    return '\n'.join(
        [
            '## Memory over an hour',
            '',
            f'A camera of {result["rate"]:g} frames per second ({ONE_FACE.name}) for '
            f'{result["seconds"] / 60.0:.0f} minutes, {result["judged"]} images judged.'
            f'{unfinished} The growth is a slope by Theil and Sen, without the first sixth, in '
            'which the shared memory of DDS and the heap fill. Nodes give free memory back once a '
            'minute.',
            '',
            '![](images/memory.png)',
            '',
            '| | |',
            '|---|---|',
            f'| resident memory, growth in an hour (95 % interval) | {resident} |',
            f'| heap, growth in an hour (95 % interval) | {heap} |',
            f'| minute of its last growth | {last_growth(result["memory_series"]):.0f} |',
            f'| resident memory at the end | {result["memory_series"][-1][1]:.0f} MB |',
        ]
    )


def last_growth(series: Sequence[Sequence[float]]) -> float:
    """The minute at which the resident memory was last higher than ever before.

    Args:
        series: seconds, resident memory and heap, MB.
    """
    most, found = 0.0, 0.0
    for seconds, resident, _ in series:
        if resident > most + _NOTICED:
            most, found = resident, seconds / 60.0
    return found


def pictures(result: Mapping[str, Any], folder: Path) -> None:
    """Memory over time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.2), layout='constrained')
    axis = figure.subplots()
    series = result['memory_series']
    minutes = [each[0] / 60.0 for each in series]
    axis.plot(minutes, [each[1] for each in series], label='resident')
    axis.plot(minutes, [each[2] for each in series], label='heap')
    axis.set(title='Memory of detector_node', xlabel='minutes', ylabel='MB', ylim=(0.0, None))
    axis.margins(y=0.2)
    axis.grid(alpha=0.3)
    axis.legend(loc='lower right')
    figure.savefig(folder / 'memory.png', dpi=110, metadata={'Software': None})
