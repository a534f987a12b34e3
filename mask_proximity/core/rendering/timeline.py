# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A picture of an alert over time: how near the most urgent face, how bare, and what was said."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import Alert, Level, MaskState

LEVEL_COLORS = {
    Level.UNKNOWN: '#d5d9de',
    Level.CLEAR: '#e2f0dc',
    Level.CAUTION: '#fde7b5',
    Level.ALERT: '#f8c4be',
}

WRONG = '#a02c9a'
"""Of faces whose mask is worn wrong."""

_INK, _LIMIT = '#1f3a5f', '#b3261e'
_MOST_POINTS = 1500
"""More than the picture has columns."""
_CLOCK_STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Seconds between two marks of a clock."""
_NARROWEST = 1 / 400
"""Of the whole time: a level is shown at least as wide, so that no short alert vanishes."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An alert at a time, as far as the timeline shows it.

    Attributes:
        time: seconds since the beginning, or the number of a picture.
        level: of the alert.
        width_ratio: of the most urgent face, which explains the level; NaN without one.
        no_mask_probability: 1 - P(mask) of the same face.
        worn_wrong: whether its mask is.
        distance: of the same face, metres; NaN if unknown.
    """

    time: float
    level: Level
    width_ratio: float = math.nan
    no_mask_probability: float = math.nan
    worn_wrong: bool = False
    distance: float = math.nan

    @classmethod
    def from_alert(cls, time: float, alert: Alert) -> Sample:
        """What there is to show of an alert."""
        if not alert.faces:
            return cls(time, alert.level)
        face = alert.faces[0]
        return cls(
            time,
            alert.level,
            face.width_ratio,
            1.0 - face.mask_probability,
            face.mask_state is MaskState.INCORRECT,
            face.distance,
        )


def draw_timeline(
    samples: Sequence[Sample], settings: DetectorSettings, title: str, pictures: bool = False
) -> bytes:
    """Draw the timeline.

    Args:
        samples: in the order of time, at least one.
        settings: of the rule; its limits are drawn as lines.
        title: above the picture.
        pictures: whether each sample is a picture of its own, and its time a number.

    Returns:
        A PNG file, of the same bytes for the same arguments.
    """
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    figure, (above, below) = pyplot.subplots(
        2, 1, sharex=True, figsize=(11, 5.6), dpi=110, layout='constrained'
    )
    figure.suptitle(title, x=0.01, ha='left', fontsize=13, fontweight='bold')
    spans = level_spans(samples, pictures)
    start, end = spans[0][0], spans[-1][1]
    shown = _thinned(samples)
    times = np.array([sample.time for sample in shown])
    wrong = np.array([sample.worn_wrong for sample in shown])
    near = _nearness(shown, settings)
    bare = _Plot(
        np.array([sample.no_mask_probability for sample in shown]),
        ((settings.no_mask_threshold, f'no mask\n{settings.no_mask_threshold:g}'),),
        '1 - P(mask)',
        (-0.04, 1.04),
    )
    for axes, plot in ((above, near), (below, bare)):
        draw_levels(axes, spans)
        for which, color in ((~wrong, _INK), (wrong, WRONG)):
            if not which.any():
                continue  # points that are none, unclipped, would spoil the layout
            axes.plot(
                times[which],
                plot.values[which],
                color=color,
                linewidth=0,
                marker='o',
                markersize=2.6,
                clip_on=False,
            )
        for limit, name in plot.limits:
            axes.axhline(limit, color=_LIMIT, linewidth=1, linestyle='--')
            axes.annotate(
                name,
                (1.0, limit),
                xycoords=axes.get_yaxis_transform(),
                xytext=(6, 0),
                textcoords='offset points',
                verticalalignment='center',
                color=_LIMIT,
                fontsize=8,
            )
        axes.spines[['top', 'right']].set_visible(False)
        axes.set_ylabel(plot.label)
        axes.set_ylim(*plot.range)
        if end > start:
            axes.set_xlim(start, end)
    _mark_time(below, end, pictures)
    handles: list[Any] = [
        Patch(color=color, label=level.name) for level, color in LEVEL_COLORS.items()
    ]
    if wrong.any():
        handles.append(
            Line2D([], [], color=WRONG, linewidth=0, marker='o', label='mask worn wrong')
        )
    figure.legend(
        handles=handles,
        loc='upper right',
        # Not `ncols`, which matplotlib knows from 3.6 on only.
        ncol=len(handles),
        columnspacing=1.0,
        frameon=False,
        fontsize=9,
    )
    buffer = io.BytesIO()
    # Without the name of the software, which would change with its version.
    figure.savefig(buffer, format='png', metadata={'Software': None})
    pyplot.close(figure)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class _Plot:
    """What one of the two plots shows, with its limits and their names."""

    values: npt.NDArray[np.float64]
    limits: tuple[tuple[float, str], ...]
    label: str
    range: tuple[float, float]


def _nearness(samples: Sequence[Sample], settings: DetectorSettings) -> _Plot:
    """Metres, where the rule is in metres and most faces have some; else widths."""
    distances = np.array([sample.distance for sample in samples])
    ratios = np.array([sample.width_ratio for sample in samples])
    known = np.isfinite(distances)
    if settings.alert_distance > 0.0 and 2 * known.sum() > np.isfinite(ratios).sum():
        top = max(1.5 * settings.caution_distance, 1.0)
        return _Plot(
            # Who is far beyond the limits lies on the upper edge.
            np.minimum(distances, top),
            (
                (settings.alert_distance, f'near\n{settings.alert_distance:g} m'),
                (settings.caution_distance, f'caution\n{settings.caution_distance:g} m'),
            ),
            'distance [m]',
            (0.0, top),
        )
    limit = settings.alert_width_ratio
    widest = np.nanmax([limit, *ratios])
    return _Plot(
        ratios * 100,
        ((limit * 100, f'near\n{limit * 100:g} %'),),
        'face width\n[% of the image]',
        (0.0, max(widest, 0.01) * 115),
    )


def level_spans(
    samples: Sequence[Sample], pictures: bool = False
) -> list[tuple[float, float, Level]]:
    """Start, end and level of each stretch of one level.

    Args:
        samples: in the order of time, at least one.
        pictures: whether a sample holds from half before to half after its number, rather than
            until the next one.
    """
    changes = [
        index
        for index, sample in enumerate(samples)
        if index == 0 or samples[index - 1].level is not sample.level
    ]
    shift = 0.5 if pictures else 0.0
    ends = [samples[index].time - shift for index in changes[1:]] + [samples[-1].time + shift]
    return [
        (samples[index].time - shift, end, samples[index].level)
        for index, end in zip(changes, ends, strict=True)
    ]


def draw_levels(axes: Any, spans: list[tuple[float, float, Level]]) -> None:
    """Colour the background of matplotlib's `axes` by the level (see level_spans)."""
    least = (spans[-1][1] - spans[0][0]) * _NARROWEST
    # The most urgent comes last, so that what is calm does not hide it.
    for level in sorted(LEVEL_COLORS):
        bars = [
            ((start + end) / 2 - width / 2, width)
            for start, end, of in spans
            if of is level and (width := max(end - start, least)) > 0.0
        ]
        axes.broken_barh(
            bars,
            (0.0, 1.0),
            transform=axes.get_xaxis_transform(),
            color=LEVEL_COLORS[level],
            linewidth=0,
        )


def _mark_time(axes: Any, end: float, pictures: bool) -> None:
    """Name the axis, with marks that are whole numbers or, in a long recording, a clock's."""
    from matplotlib.ticker import MultipleLocator

    if pictures:
        axes.set_xlabel('picture')
        axes.xaxis.get_major_locator().set_params(integer=True)
    elif end < 120.0:
        axes.set_xlabel('time [s]')
    else:
        axes.set_xlabel('time')
        step = next((step for step in _CLOCK_STEPS if end / step <= 12), end / 12)
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_major_formatter(_clock(end))


def _thinned(samples: Sequence[Sample]) -> list[Sample]:
    """At most so many samples that a dot each can be seen: of each group, the most urgent."""
    size = math.ceil(len(samples) / _MOST_POINTS)
    groups = (samples[index : index + size] for index in range(0, len(samples), size))
    return [
        max(group, key=lambda sample: (sample.level, np.nan_to_num(sample.width_ratio)))
        for group in groups
    ]


def _clock(end: float) -> Callable[[float, object], str]:
    def label(seconds: float, _: object) -> str:
        minutes, rest = divmod(round(seconds), 60)
        if end < 3600.0:
            return f'{minutes}:{rest:02d}'
        return f'{minutes // 60}:{minutes % 60:02d}:{rest:02d}'

    return label
