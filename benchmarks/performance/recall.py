# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Recall of the face detector on LiteRT and on OpenCV, see benchmarks/face_recall.py."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import face_recall
from benchmarks.performance.text import table

NAME = 'recall'

REFERENCE, OURS = 'face_backend=opencv', 'face_backend=auto'
DISTANCES = ('near', 'far')
_IOU = 0.5


def measure(options: argparse.Namespace) -> dict[str, Any] | None:
    """Show the labelled scenes to both; None without MASK_PROXIMITY_DATA, or in a hurry.

    Args:
        options: `quick`.
    """
    data = os.environ.get('MASK_PROXIMITY_DATA')
    if not data or options.quick:
        return None
    rows = [face_recall.make_row(text) for text in (REFERENCE, OURS)]
    labelled = face_recall.measure(Path(data, 'scenes'), 'both', _IOU, rows)
    return {
        'scenes': labelled['scenes'],
        'labelled': {distance: _sum(labelled, distance) for distance in DISTANCES},
        'found': {
            row.name: {distance: _sum(row.found, distance) for distance in DISTANCES}
            for row in rows
        },
        'unmatched': {row.name: row.unmatched['all'] for row in rows},
    }


def _sum(counts: Counter[Any], distance: str) -> int:
    return sum(counts[column] for column in face_recall.COLUMNS if column[0] == distance)


def lost(result: Mapping[str, Any], distance: str = 'near') -> float:
    """Points of recall, per cent of the labelled faces, by which OpenCV finds more."""
    found = result['found']
    more = found[REFERENCE][distance] - found[OURS][distance]
    return 100.0 * more / float(result['labelled'][distance])


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    rows = []
    for name in (REFERENCE, OURS):
        cells = [f'`{name}`']
        for distance in DISTANCES:
            labelled = result['labelled'][distance]
            found = result['found'][name][distance]
            cells.append(f'{100.0 * found / labelled:.1f} % ({found} of {labelled})')
        cells.append(f'{result["unmatched"][name] / result["scenes"]:.2f}')
        rows.append(cells)
    return '\n\n'.join(
        [
            '## What the face detector finds',
            f'Labelled faces that are found in {result["scenes"]} photos, with the default '
            'settings; [face_detection.md](face_detection.md) says more.',
            table(['settings', *DISTANCES, 'unmatched a photo'], rows),
        ]
    )
