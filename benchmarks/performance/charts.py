# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Charts of the core's speed as PNG files. The same numbers give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.performance import core_figures, subjects

# Of Okabe and Ito, Color Universal Design, 2008: told apart by the colour-blind.
COLORS = {
    subjects.NETS: '#7f7f7f',
    subjects.CORE: '#0072b2',
    subjects.PREVIOUS: '#e69f00',
    subjects.TUTORIAL: '#d55e00',
    'face-mask-detector': '#cc79a7',
    'aizoo': '#009e73',
}
_INK, _FAINT = '#222222', '#5b6675'
_WIDTH = 640


def draw_ratio(result: Mapping[str, Any], path: Path) -> None:
    """How many times the frames of the others, by the number of faces at 640 pixels of width."""
    cases = [
        found
        for found in result['cases']
        if found['width'] == _WIDTH and subjects.CORE in found['subjects']
    ]
    others = [
        key
        for key in core_figures.WORDS
        if key in cases[0]['subjects'] and key not in (subjects.NETS, subjects.CORE)
    ]
    if not others:
        return
    figure = Figure(figsize=(8.6, 3.9), dpi=110, layout='constrained')
    axes = figure.subplots()
    width = 0.8 / len(others)
    highest = 0.0
    for number, key in enumerate(others):
        ratios = [core_figures.faster(found, key) for found in cases]
        places = [at + (number - (len(others) - 1) / 2) * width for at in range(len(cases))]
        middles = [each['median'] for each in ratios]
        highest = max(highest, *(each['high'] for each in ratios))
        spread = [
            [each['median'] - each['low'] for each in ratios],
            [each['high'] - each['median'] for each in ratios],
        ]
        axes.bar(places, middles, width * 0.92, color=COLORS[key], label=core_figures.WORDS[key])
        axes.errorbar(places, middles, spread, fmt='none', ecolor=_INK, elinewidth=1, capsize=3)
        for place, each in zip(places, ratios, strict=True):
            axes.annotate(
                f'{each["median"]:.1f}',
                (place, each['high']),
                (0, 4),
                textcoords='offset points',
                horizontalalignment='center',
                fontsize=9,
                color=_INK,
            )
    axes.axhline(1.0, color=_FAINT, linewidth=1, linestyle='--')
    axes.set_ylim(0.0, 1.25 * highest)
    axes.set_xticks(range(len(cases)), [_faces(found) for found in cases])
    first = others[-1] if subjects.TUTORIAL not in others else subjects.TUTORIAL
    ratios = [core_figures.faster(found, first)['median'] for found in cases]
    other = "the tutorial's loop" if first == subjects.TUTORIAL else core_figures.WORDS[first]
    _finish(axes, f'The core: {min(ratios):.1f} to {max(ratios):.1f} times the frames of {other}')
    axes.set_ylabel('frames of the core in the time of one')
    axes.grid(axis='x', visible=False)
    axes.legend(frameon=False, fontsize=9, ncols=len(others), loc='upper left')
    _save(figure, path)


def _faces(found: Mapping[str, Any]) -> str:
    faces = found['faces']
    if faces is None:
        return core_figures.case_of(found).name
    return {0: 'no face', 1: '1 face'}.get(faces, f'{faces} faces')


def draw_cost(result: Mapping[str, Any], path: Path) -> None:
    """Milliseconds of a frame over faces and over pixels, with straight lines through them."""
    shown = (subjects.NETS, subjects.CORE, subjects.TUTORIAL)
    keys = [key for key in shown if key in result['cases'][0]['subjects']]
    faces = {key: core_figures.by_faces(result, key, _WIDTH) for key in keys}
    pixels = {key: core_figures.by_pixels(result, key) for key in keys}
    if not all(core_figures.can_be_drawn(faces[key], pixels[key]) for key in keys):
        return
    figure = Figure(figsize=(10.4, 4.3), dpi=110, layout='constrained')
    left, right = figure.subplots(1, 2, sharey=False)
    for axes, points, unit in ((left, faces, 'face'), (right, pixels, 'MP')):
        _lines(axes, points, unit)
    slope = core_figures.line(core_figures.some(faces[subjects.CORE]))['slope']
    _finish(left, f'Each further face costs the core {slope:.1f} ms')
    left.set_xlabel(f'faces in a frame of {_WIDTH}x480')
    slope = core_figures.line(pixels[subjects.CORE])['slope']
    _finish(right, f'Each further megapixel costs it {slope:.1f} ms')
    right.set_xlabel('megapixels of a frame with one face')
    left.set_ylabel('ms of a frame')
    _save(figure, path)


def _lines(axes: Axes, points: Mapping[str, Sequence[tuple[float, float]]], unit: str) -> None:
    end = max(x for each in points.values() for x, _ in each)
    labels = []
    for key, each in points.items():
        first = core_figures.some(each)[0][0] if unit == 'face' else 0.0
        found = core_figures.line(core_figures.some(each))
        x, y = zip(*each, strict=True)
        ends = [found['start'] + found['slope'] * x for x in (first, end)]
        style = '--' if key == subjects.NETS else '-'
        axes.plot([first, end], ends, style, color=COLORS[key], linewidth=1.5)
        axes.plot(x, y, 'o', color=COLORS[key], markersize=5)
        words = core_figures.WORDS[key]
        labels.append((ends[1], f'{words}\n{found["slope"]:.1f} ms a {unit}', COLORS[key]))
    axes.set_xlim(-0.02 * end, 1.5 * end)
    axes.set_ylim(0.0, 1.1 * max(y for each in points.values() for _, y in each))
    labels.sort()
    places = _apart([last for last, _, _ in labels], 0.11 * axes.get_ylim()[1])
    for place, (_, text, color) in zip(places, labels, strict=True):
        axes.text(1.03 * end, place, text, color=color, fontsize=9, verticalalignment='center')


def _apart(places: Sequence[float], gap: float) -> list[float]:
    """Ascending places, neighbours that are too near moved apart, and none below the axis."""
    moved = list(places)
    for index in range(1, len(moved)):
        missing = gap - (moved[index] - moved[index - 1])
        if missing > 0.0:
            moved[index - 1] -= missing / 2.0
            moved[index] += missing / 2.0
    lowest = gap / 2.0
    for index, place in enumerate(moved):
        moved[index] = max(place, lowest)
        lowest = moved[index] + gap
    return moved


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title, loc='left', fontsize=12, fontweight='bold', color=_INK)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)


def _save(figure: Figure, path: Path) -> None:
    # Without the name of the software, which would change with its version.
    figure.savefig(path, format='png', metadata={'Software': None})
