# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Counted work, which is the same on every run, however busy the machine is."""

from __future__ import annotations

import gc
import statistics
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from benchmarks.guard.clip import Watching
from benchmarks.guard.errors import MissingError
from mask_proximity.core.types import NANOSECONDS

REPEATS = 3


@dataclass(frozen=True, slots=True)
class Work:
    """What was done between the start and the end of a call, by the thread that made it.

    Attributes:
        steps: instructions of Python's bytecode. A loop over faces shows in them, a loop over
            pixels even more, and NumPy's and OpenCV's own loops not at all.
        bytes: of memory newly asked for by Python, NumPy and the results of OpenCV. A copy of a
            frame shows in them, also one that is gone a moment later.
    """

    steps: int
    bytes: int


class _Counter:
    def __init__(self) -> None:
        self.steps = self.bytes = 0
        self._held, _ = tracemalloc.get_traced_memory()

    def trace(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.steps += event == 'opcode'
        held, _ = tracemalloc.get_traced_memory()
        self.bytes += max(0, held - self._held)
        # Once more, so that what was asked for in here is not counted.
        self._held, _ = tracemalloc.get_traced_memory()
        return self.trace


def count(work: Callable[[], object]) -> Work:
    """Do something once, and count."""
    tracer_before, gc_was_on = sys.gettrace(), gc.isenabled()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    counter = _Counter()
    try:
        sys.settrace(counter.trace)
        work()
    finally:
        sys.settrace(tracer_before)
        tracemalloc.stop()
        if gc_was_on:
            gc.enable()
    return Work(counter.steps, counter.bytes)


def work_of_frame(faces: int) -> Work:
    """What the core does for one frame, besides the arithmetic of the nets."""
    return _median(Watching(faces).see_next)


def work_of_messages(faces: int) -> Work:
    """What it takes to fill the messages of one frame.

    Raises:
        MissingError: there is no ROS 2 here.
    """
    try:
        from std_msgs.msg import Header

        from mask_proximity.ros.conversions import alert_message, detections_message
    except ImportError as error:
        raise MissingError(f'the messages of ROS 2 cannot be imported ({error})') from None
    scene = Watching(faces).see_next()
    header = Header(frame_id='camera')

    def fill() -> None:
        detections_message(scene, header)
        alert_message(scene.alert, header, NANOSECONDS // 100, 0.5, 0)

    return _median(fill)


def _median(work: Callable[[], object]) -> Work:
    # The first time fills caches.
    work()
    counted = [count(work) for _ in range(REPEATS)]
    return Work(
        statistics.median_low(each.steps for each in counted),
        statistics.median_low(each.bytes for each in counted),
    )
