# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A process in which pyperf times one subject, case by case, for its parent.

A job is a line of JSON on stdin: the .npy file of the `frames`, the `name` of the case, and for how
many `seconds` at least `values` frames are timed (0: none, the subject is only loaded). The answer
is a line on stdout: `times` of the frames and `cpu` time of a frame (all threads) in ms; the number
of `faces` classified in a frame; the peak `memory` of the process, and the peak memory `allocated`
by Python and NumPy for one frame, in MB.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import statistics
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyperf

from benchmarks.performance.subjects import Look, Subject, load_subject

# Frames that are not timed: the nets allocate.
_WARM_UP = 3
_MOST = 400
_MEGABYTE = 1e6


class Worker:
    """A subject and pyperf's runner."""

    def __init__(self, subject: Subject, archive: Path | None) -> None:
        """Begin.

        Args:
            subject: that is timed.
            archive: JSON file of pyperf to which all times are added.
        """
        self._subject = subject
        # As a worker of pyperf's own is called: one process, one frame for each value.
        self._runner = pyperf.Runner(loops=1, show_name=False)
        arguments = ['--worker', '--loops=1', '--warmups=0', '--quiet']
        arguments += [f'--append={archive}'] if archive else []
        self._runner.parse_args(arguments)

    def time(self, job: dict[str, Any]) -> dict[str, Any]:
        """Do a job."""
        frames = list(np.load(job['frames']))
        reset_peak()
        look = self._subject(frames)
        # Each frame once: TensorFlow traces anew for another number of faces.
        faces = [look(number) for number in range(max(_WARM_UP, len(frames)))]
        if not job['values']:
            return {}
        begin = time.perf_counter()
        look(len(faces))
        takes = max(time.perf_counter() - begin, 1e-6)
        values = min(max(job['values'], job['seconds'] / takes), _MOST)
        # All frames equally often.
        values = math.ceil(values / len(frames)) * len(frames)
        number, used = len(faces), []

        def timed(_: int) -> float:
            nonlocal number
            number += 1
            cpu, begin = time.process_time(), time.perf_counter()
            look(number)
            taken = time.perf_counter() - begin
            used.append(time.process_time() - cpu)
            return taken

        self._runner.args.values = values
        benchmark = self._runner.bench_time_func(job['name'], timed)
        return {
            'times': [1e3 * value for value in benchmark.get_values()],
            'cpu': 1e3 * statistics.fmean(used),
            'faces': statistics.fmean(faces),
            'memory': peak() / _MEGABYTE,
            'allocated': allocated(look, number) / _MEGABYTE,
        }


def reset_peak() -> None:
    """Let the kernel begin anew with the peak of this process's memory."""
    gc.collect()
    Path('/proc/self/clear_refs').write_text('5', encoding='ascii')


def peak() -> float:
    """The most memory that the process held since, bytes."""
    for line in Path('/proc/self/status').read_text(encoding='ascii').splitlines():
        if line.startswith('VmHWM:'):
            return 1024.0 * int(line.split()[1])
    raise RuntimeError('/proc/self/status has no VmHWM: expected Linux')


def allocated(look: Look, number: int) -> float:
    """The most that Python and NumPy held of a frame while it was worked on, bytes."""
    tracemalloc.start()
    try:
        look(number + 1)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        look(number + 2)
        return float(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()


def main() -> None:
    """Do jobs until the end of the input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('subject')
    parser.add_argument('--path', type=Path)
    parser.add_argument('--size', type=int, default=0)
    parser.add_argument('--archive', type=Path)
    arguments = parser.parse_args()
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)
    worker = Worker(
        load_subject(arguments.subject, arguments.path, arguments.size), arguments.archive
    )
    for line in sys.stdin:
        print(json.dumps(worker.time(json.loads(line))), file=answers, flush=True)


if __name__ == '__main__':
    main()
