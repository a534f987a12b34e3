# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Figures derived from the results of core_speed: ratios, cost per face and per pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.performance import previous, subjects
from benchmarks.performance.frames import Case
from benchmarks.performance.rounds import ratio

WORDS = {
    subjects.NETS: 'bare nets',
    subjects.CORE: 'core',
    subjects.PREVIOUS: f'version {previous.VERSION}',
    subjects.TUTORIAL: "tutorial's loop",
    'face-mask-detector': 'face-mask-detector',
    'aizoo': 'AIZOO',
}
"""What the subjects are called, in the order of the page."""


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
        (found['subjects'][key]['faces'], found['subjects'][key]['ms'])
        for found in result['cases']
        if found['width'] == width and key in found['subjects']
    )


def by_pixels(result: Mapping[str, Any], key: str, faces: int = 1) -> list[tuple[float, float]]:
    """Megapixels and ms of a frame, with one number of faces."""
    return [
        (found['width'] * found['height'] / 1e6, found['subjects'][key]['ms'])
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
