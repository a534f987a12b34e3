# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The timeline of a recording: nearness and P(no mask) of the most urgent face, and the level."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mask_proximity.core.alert.settings import RuleSettings
from mask_proximity.core.rendering.style import LEVEL_TINTS
from mask_proximity.core.types import Alert, Level, MaskState

WORN_WRONG_COLOR = '#a02c9a'

_POINT_COLOR, _LIMIT_COLOR = '#1f3a5f', '#b3261e'
_MAX_POINTS = 1500
"""More points than the picture has columns."""
_TICK_SECONDS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Possible intervals between the ticks of the time axis."""
_MIN_SPAN_SHARE = 1 / 400
"""Share of the axis that a span of one level takes at least, so that short alerts stay visible."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the timeline shows of one alert.

    Attributes:
        time: Seconds since the beginning, or the number of a picture.
        level: Level of the alert.
        width_ratio: Width ratio of the most urgent face, which explains the level; NaN if there is
            no face.
        no_mask_probability: 1 - P(mask) of that face; NaN if there is no face.
        worn_wrong: Whether that face wears its mask incorrectly.
        distance: Distance of that face in metres; NaN if unknown.
    """

    time: float
    level: Level
    width_ratio: float = math.nan
    no_mask_probability: float = math.nan
    worn_wrong: bool = False
    distance: float = math.nan

    @classmethod
    def from_alert(cls, time: float, alert: Alert) -> Sample:
        """The sample for an alert."""
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
    samples: Sequence[Sample], settings: RuleSettings, title: str, pictures: bool = False
) -> bytes:
    """Draw the timeline.

    Args:
        samples: Samples in the order of time, at least one.
        settings: Settings of the alert; the limits are drawn as lines.
        title: Title above the plots.
        pictures: Whether each sample is a separate picture, and its time the picture's number.

    Returns:
        Content of a PNG file; the same bytes for the same arguments.
    """
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot

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
    unmasked = _Plot(
        np.array([sample.no_mask_probability for sample in shown]),
        ((settings.no_mask_threshold, f'no mask\n{settings.no_mask_threshold:g}'),),
        '1 - P(mask)',
        (-0.04, 1.04),
    )
    for axes, plot in ((above, near), (below, unmasked)):
        draw_levels(axes, spans)
        _draw_plot(axes, plot, times, wrong)
        if end > start:
            axes.set_xlim(start, end)
    _label_time_axis(below, end, pictures)
    _draw_legend(figure, with_worn_wrong=bool(wrong.any()))
    buffer = io.BytesIO()
    # Without the name of the software, which changes with its version.
    figure.savefig(buffer, format='png', metadata={'Software': None})
    pyplot.close(figure)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class _Plot:
    """Content of one of the two plots.

    Attributes:
        values: One value per sample.
        limits: Position and name of each limit.
        label: Label of the y axis.
        range: Range of the y axis.
    """

    values: npt.NDArray[np.float64]
    limits: tuple[tuple[float, str], ...]
    label: str
    range: tuple[float, float]


def _draw_plot(
    axes: Any, plot: _Plot, times: npt.NDArray[np.float64], wrong: npt.NDArray[np.bool_]
) -> None:
    """Draw the points and limits of a plot; `wrong` marks the faces whose mask is worn wrong."""
    for which, color in ((~wrong, _POINT_COLOR), (wrong, WORN_WRONG_COLOR)):
        if not which.any():
            # Drawing no points without clipping would spoil the layout.
            continue
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
        axes.axhline(limit, color=_LIMIT_COLOR, linewidth=1, linestyle='--')
        axes.annotate(
            name,
            (1.0, limit),
            xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords='offset points',
            verticalalignment='center',
            color=_LIMIT_COLOR,
            fontsize=8,
        )
    axes.spines[['top', 'right']].set_visible(False)
    axes.set_ylabel(plot.label)
    axes.set_ylim(*plot.range)


def _draw_legend(figure: Any, with_worn_wrong: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(color=color, label=level.name) for level, color in LEVEL_TINTS.items()
    ]
    if with_worn_wrong:
        handles.append(
            Line2D([], [], color=WORN_WRONG_COLOR, linewidth=0, marker='o', label='mask worn wrong')
        )
    figure.legend(
        handles=handles,
        loc='upper right',
        # Not `ncols`, which matplotlib has from 3.6 on only.
        ncol=len(handles),
        columnspacing=1.0,
        frameon=False,
        fontsize=9,
    )


def _nearness(samples: Sequence[Sample], settings: RuleSettings) -> _Plot:
    """Distances if the alert uses them and most faces have one, otherwise width ratios."""
    distances = np.array([sample.distance for sample in samples])
    ratios = np.array([sample.width_ratio for sample in samples])
    known = np.isfinite(distances)
    if settings.alert_distance > 0.0 and 2 * known.sum() > np.isfinite(ratios).sum():
        top = max(1.5 * settings.caution_distance, 1.0)
        return _Plot(
            # People far beyond the limits are drawn on the upper edge.
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
    """Start, end and level of each period with one level.

    Args:
        samples: Samples in the order of time, at least one.
        pictures: Whether a sample lasts from half before to half after its number, instead of until
            the next sample.
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
    min_width = (spans[-1][1] - spans[0][0]) * _MIN_SPAN_SHARE
    # The most urgent level is drawn last, so that no other one hides it.
    for level in sorted(LEVEL_TINTS):
        bars = [
            ((start + end) / 2 - width / 2, width)
            for start, end, level_there in spans
            if level_there is level and (width := max(end - start, min_width)) > 0.0
        ]
        axes.broken_barh(
            bars,
            (0.0, 1.0),
            transform=axes.get_xaxis_transform(),
            color=LEVEL_TINTS[level],
            linewidth=0,
        )


def _label_time_axis(axes: Any, end: float, pictures: bool) -> None:
    """Label the axis. Its ticks are whole numbers, or clock times in a long recording."""
    from matplotlib.ticker import MultipleLocator

    if pictures:
        axes.set_xlabel('picture')
        axes.xaxis.get_major_locator().set_params(integer=True)
    elif end < 120.0:
        axes.set_xlabel('time [s]')
    else:
        axes.set_xlabel('time')
        step = next((step for step in _TICK_SECONDS if end / step <= 12), end / 12)
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_major_formatter(_clock_formatter(end))


def _thinned(samples: Sequence[Sample]) -> list[Sample]:
    """At most _MAX_POINTS samples: the most urgent one of each group."""
    size = math.ceil(len(samples) / _MAX_POINTS)
    groups = (samples[index : index + size] for index in range(0, len(samples), size))
    return [
        max(group, key=lambda sample: (sample.level, np.nan_to_num(sample.width_ratio)))
        for group in groups
    ]


def _clock_formatter(end: float) -> Callable[[float, object], str]:
    def label(seconds: float, _: object) -> str:
        minutes, rest = divmod(round(seconds), 60)
        if end < 3600.0:
            return f'{minutes}:{rest:02d}'
        return f'{minutes // 60}:{minutes % 60:02d}:{rest:02d}'

    return label
