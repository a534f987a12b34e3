# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""One pass of the face detector, from frame to boxes, on LiteRT and with the same net on OpenCV."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.performance.frames import SIZES, Case, save_frames
from benchmarks.performance.rounds import Contestant, play, ratio, together
from benchmarks.performance.subjects import LITERT_FACES, OPENCV_FACES
from benchmarks.performance.text import ranged, table
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings

NAME = 'face_pass'

ROUNDS = 5
SIDES = (300, 384)
"""Of the net's input, pixels: as it was trained, and the default here."""

_CASE = Case(1, *SIZES[0])


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Both backends at both sizes. See core_speed.measure."""
    contestants = [
        Contestant(f'{backend}_{side}', backend, size=side)
        for side in SIDES
        for backend in (LITERT_FACES, OPENCV_FACES)
    ]
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    with TemporaryDirectory() as name:
        folder = Path(name)
        detector = load_face_detector(DetectorSettings())
        save_frames([_CASE], folder, detector)
        parts = play(
            contestants,
            [_CASE],
            folder,
            rounds=rounds,
            seconds=options.seconds or (0.2 if options.quick else 2.0),
            values=5,
        )[_CASE.name]
    return {
        'passes': {key: together(each) for key, each in parts.items()},
        'rounds': rounds,
        'backend': detector.name,
    }


def ratio_to_opencv(result: Mapping[str, Any], side: int, opencv_side: int) -> dict[str, Any]:
    """How much of OpenCV's time a pass takes."""
    passes = result['passes']
    return ratio(passes[f'{LITERT_FACES}_{side}'], passes[f'{OPENCV_FACES}_{opencv_side}'])


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    rows = []
    for side in SIDES:
        ours, theirs = (
            result['passes'][f'{backend}_{side}'] for backend in (LITERT_FACES, OPENCV_FACES)
        )
        cells = [
            f'{side}x{side}',
            f'{ours["ms"]:.1f} ms',
            f'{theirs["ms"]:.1f} ms',
        ]
        for other in (side, SIDES[0]):
            cells.append(ranged(ratio_to_opencv(result, side, other)))
        rows.append(cells)
    heads = ['input', result['backend'], 'opencv', 'ratio', f'to opencv at {SIDES[0]}x{SIDES[0]}']
    return '\n\n'.join(
        [
            '## One pass of the face detector',
            f'From a frame of {_CASE.size} pixels to its boxes, by the backend that '
            f'`face_backend: auto` takes here, and by OpenCV; {result["rounds"]} rounds, medians '
            '(lowest to highest ratio of a round). The default looks once, at 384x384.',
            table(heads, rows),
        ]
    )
