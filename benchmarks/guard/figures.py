# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The figures that the guard compares. For every figure, less is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.guard import times, work

PYTHON, PROCESSOR = 'Python', 'processor'


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that must not grow.

    Attributes:
        name: in the table and the baseline.
        how: it is measured, for the baseline.
        measure: gives the number; may raise what benchmarks/guard/errors.py has.
        digits: after the point, where people read it.
        repeats: of which the median becomes the baseline.
        same: what must be the same here and where the baseline was taken, else the figure says
            nothing: PYTHON (its minor version), PROCESSOR, or '' for a figure that travels.
    """

    name: str
    how: str
    measure: Callable[[], float]
    digits: int = 0
    repeats: int = 3
    same: str = PYTHON


def _time(name: str, how: str, measure: Callable[[], float], same: str = '') -> Figure:
    how += '; 640x480, processor time of one thread'
    return Figure(name, how, measure, digits=3, repeats=5, same=same)


def _steps(name: str, measure: Callable[[], work.Work]) -> Figure:
    return Figure(
        f'{name}: Python steps', 'bytecode instructions, counted', lambda: measure().steps
    )


def _bytes(name: str, measure: Callable[[], work.Work]) -> Figure:
    return Figure(
        f'{name}: bytes asked for',
        'growth of the memory of Python and NumPy from step to step, summed up',
        lambda: measure().bytes,
    )


FIGURES = (
    _time(
        'core / bare nets, 1 face',
        'Pipeline.process over one run of each net, median of pairs in turns',
        lambda: times.core_over_nets(1),
    ),
    _time(
        'core / bare nets, 8 faces',
        'Pipeline.process over one run of the face net and 8 of the mask net, likewise',
        lambda: times.core_over_nets(8),
    ),
    _time(
        'own time / nets, 8 faces',
        'Pipeline.process less the runs of its nets, over these, least of many frames',
        lambda: times.own_over_nets(8),
        # Nets profit more from a new processor than Python does.
        same=PROCESSOR,
    ),
    _time(
        'face pass, LiteRT / OpenCV',
        'the face detector on LiteRT over that on OpenCV, whole passes, median of pairs in turns',
        times.litert_over_opencv,
        # How much quicker 8 bits are than floats is a matter of the processor.
        same=PROCESSOR,
    ),
    _steps('frame, no face', lambda: work.work_of_frame(0)),
    _bytes('frame, no face', lambda: work.work_of_frame(0)),
    _steps('frame, 8 faces', lambda: work.work_of_frame(8)),
    _bytes('frame, 8 faces', lambda: work.work_of_frame(8)),
    _steps('messages, 8 faces', lambda: work.work_of_messages(8)),
    _bytes('messages, 8 faces', lambda: work.work_of_messages(8)),
)
