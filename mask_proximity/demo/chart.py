# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws a drive: true and reported distance, the limit, the level, the speed and the stops."""

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
_MAX_DISTANCE = 6.0
# Shorter stops are not marked.
_MIN_STOP_SECONDS = 1.0
# A robot that was never faster than this since its last stop has only crept up, metres per second.
_MIN_SPEED = 0.15


def draw_drive(states: Sequence[LoopState], script: SceneFile) -> bytes:
    """Draw the course of a closed loop.

    Args:
        states: States of the loop in the order of time, at least two.
        script: The scene, with a robot.

    Returns:
        A PNG file. The same arguments give the same bytes.
    """
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(
        2, 1, sharex=True, figsize=(11, 6.2), dpi=100, layout='constrained',
        gridspec_kw={'height_ratios': (2.2, 1.0)},
    )  # fmt: skip
    figure.suptitle(
        f'Scene {script.name}: how far people are, and how fast the robot drives',
        x=0.01, ha='left', fontsize=13, fontweight='bold',
    )  # fmt: skip
    spans = level_spans([Sample(state.time, state.level) for state in states])
    for axes in (above, below):
        draw_levels(axes, spans)
        axes.spines[['top', 'right']].set_visible(False)
    _draw_distances(above, states, script)
    _draw_stops(above, below, states)
    _draw_speed(below, states, script)
    _draw_disturbances(below, script)
    _draw_legend(above)
    buffer = io.BytesIO()
    # Without the name of the software, which would change with its version.
    figure.savefig(buffer, format='png', metadata={'Software': None})
    pyplot.close(figure)
    return buffer.getvalue()


def _draw_distances(axes: Any, states: Sequence[LoopState], script: SceneFile) -> None:
    times = np.array([state.time for state in states])
    masked = [state.masked for state in states]
    axes.plot(times, masked, color=_MASKED, linewidth=1.4, linestyle=':')
    axes.plot(times, [state.distance for state in states], color=_TRUE, linewidth=2.2)
    axes.plot(
        times, [state.reported for state in states],
        color=_REPORTED, linewidth=0, marker='o', markersize=3,
    )  # fmt: skip
    for before, state in pairwise(states):
        if math.isnan(state.masked) and before.masked < _MAX_DISTANCE:
            axes.annotate(
                f'passes at {before.masked:.2f} m',
                (before.time, before.masked), xytext=(6, 2), textcoords='offset points',
                color=_MASKED,
            )  # fmt: skip
    axes.axhline(script.limit, color=_LIMIT, linewidth=1.2, linestyle='--')
    _label_line(axes, script.limit, f'limit\n{script.limit:g} m', _LIMIT)
    axes.set_ylabel('distance [m]')
    axes.set_ylim(0.0, _MAX_DISTANCE)


def _draw_stops(above: Any, below: Any, states: Sequence[LoopState]) -> None:
    for stop in _stops(states):
        for axes, value in ((above, stop.distance), (below, 0.0)):
            axes.plot(
                stop.time, value, color=_LIMIT, marker='s', markersize=9, clip_on=False, zorder=5
            )
        above.annotate(
            f'stops at {stop.distance:.2f} m',
            (stop.time, stop.distance), xytext=(8, 14), textcoords='offset points',
            color=_LIMIT, fontweight='bold',
        )  # fmt: skip


def _draw_speed(axes: Any, states: Sequence[LoopState], script: SceneFile) -> None:
    times = np.array([state.time for state in states])
    axes.plot(times, [state.speed for state in states], color=_TRUE, linewidth=2)
    if script.speed is not None:
        axes.axhline(script.speed, color='#777777', linewidth=1, linestyle=':')
        _label_line(axes, script.speed, f'wanted\n{script.speed:g} m/s', '#555555')
        axes.set_ylim(0.0, script.speed * 1.25)
    axes.set_ylabel('speed [m/s]')
    axes.set_xlabel('time [s]')
    axes.set_xlim(times[0], times[-1])


def _draw_disturbances(axes: Any, script: SceneFile) -> None:
    for event in script.disturbances:
        axes.annotate(
            f'camera {event.fault.value}',
            ((event.start + event.end) / 2.0, 1.0), xycoords=axes.get_xaxis_transform(),
            ha='center', va='top', fontsize=9,
        )  # fmt: skip
        axes.axvline(event.start, color='#777777', linewidth=0.8)
        axes.axvline(event.end, color='#777777', linewidth=0.8)


def _draw_legend(axes: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=_TRUE, linewidth=2.2, label='no mask, true'),
        Line2D(
            [], [], color=_REPORTED, linewidth=0, marker='o', markersize=4,
            label='reported, less its stddev',
        ),
        Line2D([], [], color=_MASKED, linewidth=1.4, linestyle=':', label='mask, true'),
        Line2D([], [], color=_LIMIT, linewidth=0, marker='s', label='stops'),
        *(Patch(color=color, label=level.name) for level, color in LEVEL_TINTS.items()),
    ]  # fmt: skip
    axes.legend(
        handles=handles, loc='lower left', bbox_to_anchor=(0.0, 1.0), ncol=len(handles),
        frameon=False, fontsize=8.5, borderaxespad=0.2, columnspacing=1.4,
    )  # fmt: skip


def _label_line(axes: Any, value: float, text: str, color: str) -> None:
    """Write a text to the right of a horizontal line."""
    axes.annotate(
        text, (1.0, value), xycoords=axes.get_yaxis_transform(), xytext=(6, 0),
        textcoords='offset points', verticalalignment='center', color=color, fontsize=8,
    )  # fmt: skip


def _stops(states: Sequence[LoopState]) -> list[LoopState]:
    """The states at which the robot stopped in front of a person without a mask."""
    stops: list[LoopState] = []
    candidate: LoopState | None = None
    fastest = math.inf
    for before, state in pairwise(states):
        fastest = max(fastest, state.speed)
        if state.speed > DRIVING:
            candidate = None
        elif before.speed > DRIVING and math.isfinite(state.distance):
            candidate = state
        elif candidate is not None and state.time - candidate.time >= _MIN_STOP_SECONDS:
            if fastest < _MIN_SPEED:
                # The robot has only crept closer since the last stop, which this one replaces.
                stops.pop()
            stops.append(candidate)
            candidate, fastest = None, 0.0
    return stops
