# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A picture of a drive: true and reported distance, the limit, the level, the speed, the stops."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mask_proximity.core.rendering.style import LEVEL_TINTS
from mask_proximity.core.rendering.timeline import Sample, draw_levels, level_spans
from mask_proximity.core.sources.simulated.scene_file import SceneFile
from mask_proximity.demo.closed_loop import DRIVING, LoopState

_TRUE, _MASKED, _REPORTED, _LIMIT = '#1f3a5f', '#3d7a4a', '#e07b00', '#b3261e'
_FARTHEST = 6.0
# A shorter stand is not marked, seconds.
_STOP = 1.0
# Who was no faster since the last stop has not gone on, metres per second.
_MIN_SPEED = 0.15


def draw_drive(moments: Sequence[LoopState], script: SceneFile) -> bytes:
    """Draw the course of a closed loop.

    Args:
        moments: in the order of time, at least two.
        script: of the scene, with a robot.

    Returns:
        A PNG file, of the same bytes for the same arguments.
    """
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    figure, (above, below) = pyplot.subplots(
        2, 1, sharex=True, figsize=(11, 6.2), dpi=100, layout='constrained',
        gridspec_kw={'height_ratios': (2.2, 1.0)},
    )  # fmt: skip
    figure.suptitle(
        f'Scene {script.name}: how far people are, and how fast the robot drives',
        x=0.01, ha='left', fontsize=13, fontweight='bold',
    )  # fmt: skip
    times = np.array([moment.time for moment in moments])
    spans = level_spans([Sample(moment.time, moment.level) for moment in moments])
    for axes in (above, below):
        draw_levels(axes, spans)
        axes.spines[['top', 'right']].set_visible(False)
    above.plot(
        times, [moment.masked for moment in moments], color=_MASKED, linewidth=1.4, linestyle=':'
    )
    above.plot(times, [moment.distance for moment in moments], color=_TRUE, linewidth=2.2)
    above.plot(
        times, [moment.reported for moment in moments],
        color=_REPORTED, linewidth=0, marker='o', markersize=3,
    )  # fmt: skip
    for before, moment in pairwise(moments):
        if math.isnan(moment.masked) and before.masked < _FARTHEST:
            above.annotate(
                f'passes at {before.masked:.2f} m',
                (before.time, before.masked), xytext=(6, 2), textcoords='offset points',
                color=_MASKED,
            )  # fmt: skip
    above.axhline(script.limit, color=_LIMIT, linewidth=1.2, linestyle='--')
    _say(above, script.limit, f'limit\n{script.limit:g} m', _LIMIT)
    above.set_ylabel('distance [m]')
    above.set_ylim(0.0, _FARTHEST)
    for stop in _stops(moments):
        for axes, value in ((above, stop.distance), (below, 0.0)):
            axes.plot(
                stop.time, value, color=_LIMIT, marker='s', markersize=9, clip_on=False, zorder=5
            )
        above.annotate(
            f'stops at {stop.distance:.2f} m',
            (stop.time, stop.distance), xytext=(8, 14), textcoords='offset points',
            color=_LIMIT, fontweight='bold',
        )  # fmt: skip
    below.plot(times, [moment.speed for moment in moments], color=_TRUE, linewidth=2)
    if script.speed is not None:
        below.axhline(script.speed, color='#777777', linewidth=1, linestyle=':')
        _say(below, script.speed, f'wanted\n{script.speed:g} m/s', '#555555')
        below.set_ylim(0.0, script.speed * 1.25)
    below.set_ylabel('speed [m/s]')
    below.set_xlabel('time [s]')
    below.set_xlim(times[0], times[-1])
    for event in script.disturbances:
        below.annotate(
            f'camera {event.fault.value}',
            ((event.start + event.end) / 2.0, 1.0), xycoords=below.get_xaxis_transform(),
            ha='center', va='top', fontsize=9,
        )  # fmt: skip
        below.axvline(event.start, color='#777777', linewidth=0.8)
        below.axvline(event.end, color='#777777', linewidth=0.8)
    handles: list[Any] = [
        Line2D([], [], color=_TRUE, linewidth=2.2, label='no mask, true'),
        Line2D(
            [],
            [],
            color=_REPORTED,
            linewidth=0,
            marker='o',
            markersize=4,
            label='reported, less its stddev',
        ),
        Line2D([], [], color=_MASKED, linewidth=1.4, linestyle=':', label='mask, true'),
        Line2D([], [], color=_LIMIT, linewidth=0, marker='s', label='stops'),
        *(Patch(color=color, label=level.name) for level, color in LEVEL_TINTS.items()),
    ]
    above.legend(
        handles=handles, loc='lower left', bbox_to_anchor=(0.0, 1.0), ncol=len(handles),
        frameon=False, fontsize=8.5, borderaxespad=0.2, columnspacing=1.4,
    )  # fmt: skip
    buffer = io.BytesIO()
    # Without the name of the software, which would change with its version.
    figure.savefig(buffer, format='png', metadata={'Software': None})
    pyplot.close(figure)
    return buffer.getvalue()


def _say(axes: Any, value: float, text: str, color: str) -> None:
    axes.annotate(
        text, (1.0, value), xycoords=axes.get_yaxis_transform(), xytext=(6, 0),
        textcoords='offset points', verticalalignment='center', color=color, fontsize=8,
    )  # fmt: skip


def _stops(moments: Sequence[LoopState]) -> list[LoopState]:
    """With which moments the robot began to stand before somebody without a mask."""
    stops: list[LoopState] = []
    begun: LoopState | None = None
    fastest = math.inf
    for before, moment in pairwise(moments):
        fastest = max(fastest, moment.speed)
        if moment.speed > DRIVING:
            begun = None
        elif before.speed > DRIVING and math.isfinite(moment.distance):
            begun = moment
        elif begun is not None and moment.time - begun.time >= _STOP:
            if fastest < _MIN_SPEED:
                # It has only come up a little.
                stops.pop()
            stops.append(begun)
            begun, fastest = None, 0.0
    return stops
