# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A picture of an alert over time: how wide the nearest face, how bare, and what was said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mask_proximity.core.scene import Alert, Level

LEVEL_COLORS = {
    Level.UNKNOWN: '#d5d9de',
    Level.CLEAR: '#e2f0dc',
    Level.CAUTION: '#fde7b5',
    Level.ALERT: '#f8c4be',
}


@dataclass(frozen=True, slots=True)
class Sample:
    """An alert at a time.

    Attributes:
        time: seconds since the beginning.
        alert: as published.
    """

    time: float
    alert: Alert


def write_timeline(
    path: Path,
    samples: Sequence[Sample],
    alert_width_ratio: float,
    no_mask_threshold: float,
    title: str,
) -> None:
    """Draw the timeline into a PNG.

    Args:
        path: of the picture; appears only when it is complete.
        samples: in the order of time, at least one.
        alert_width_ratio: the limit, drawn as a line.
        no_mask_threshold: the limit, drawn as a line.
        title: above the picture.
    """
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    times = np.array([sample.time for sample in samples])
    # The widest face is the one whose distance matters; one line per picture stays readable.
    widest = [
        max(sample.alert.faces, key=lambda face: face.width_ratio, default=None)
        for sample in samples
    ]
    ratios = np.array([face.width_ratio if face else np.nan for face in widest])
    bare = np.array([1.0 - face.mask_probability if face else np.nan for face in widest])

    figure, (above, below) = pyplot.subplots(
        2, 1, sharex=True, figsize=(11, 5.6), dpi=110, layout='constrained'
    )
    figure.suptitle(title, x=0.01, ha='left', fontsize=13, fontweight='bold')
    for axes in (above, below):
        for start, end, level in _runs(samples):
            axes.axvspan(start, end, color=LEVEL_COLORS[level], linewidth=0)
        axes.spines[['top', 'right']].set_visible(False)
        axes.margins(x=0)
    ink = {'color': '#1f3a5f', 'linewidth': 0, 'marker': 'o', 'markersize': 2.6}
    above.plot(times, ratios * 100, **ink)
    above.axhline(alert_width_ratio * 100, color='#b3261e', linewidth=1, linestyle='--')
    above.annotate(
        f'near: {alert_width_ratio * 100:g} %',
        (times[0], alert_width_ratio * 100),
        xytext=(4, 3),
        textcoords='offset points',
        color='#b3261e',
        fontsize=8,
    )
    above.set_ylabel('face width\n[% of the image]')
    above.set_ylim(bottom=0)
    below.plot(times, bare, **ink)
    below.axhline(no_mask_threshold, color='#b3261e', linewidth=1, linestyle='--')
    below.annotate(
        f'no mask: {no_mask_threshold:g}',
        (times[0], no_mask_threshold),
        xytext=(4, 3),
        textcoords='offset points',
        color='#b3261e',
        fontsize=8,
    )
    below.set_ylabel('P(no mask)')
    below.set_ylim(-0.04, 1.04)
    below.set_xlabel('time [s]')
    figure.legend(
        handles=[Patch(color=color, label=level.name) for level, color in LEVEL_COLORS.items()],
        loc='upper right',
        # Not `ncols`, which matplotlib knows from 3.6 on only.
        ncol=len(LEVEL_COLORS),
        frameon=False,
        fontsize=9,
    )
    part = path.with_suffix('.part')
    figure.savefig(part, format='png')
    pyplot.close(figure)
    os.replace(part, path)


def _runs(samples: Sequence[Sample]) -> list[tuple[float, float, Level]]:
    """Start, end and level of each stretch of one level."""
    changes = [
        index
        for index, sample in enumerate(samples)
        if index == 0 or samples[index - 1].alert.level is not sample.alert.level
    ]
    ends = [samples[index].time for index in changes[1:]] + [samples[-1].time]
    return [
        (samples[index].time, end, samples[index].alert.level)
        for index, end in zip(changes, ends, strict=True)
    ]
