# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The number of threads to run a net with on this machine."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

_QUOTA = Path('/sys/fs/cgroup/cpu.max')
"""CPU limit of the container in control groups version 2: microseconds of processor time per period
('max' means no limit), and the period in microseconds."""

_REPEATS = 3
_WORTH_IT_RATIO = 0.9
"""More threads are worth it if they take less than this share of the time: other processes need the
cores, too."""


def cores(quota: Path = _QUOTA) -> int:
    """The number of processor cores that this process may use: CPU affinity and container limit.

    Args:
        quota: File with the CPU limit of the container; it may be missing.
    """
    allowed = len(os.sched_getaffinity(0))
    try:
        microseconds, period = quota.read_text().split()
        return max(1, min(allowed, math.ceil(int(microseconds) / int(period))))
    except (OSError, ValueError):
        return allowed


def usable_threads(threads: int) -> int:
    """The number of threads to use, at most the number of cores: more would make a net slower.

    Args:
        threads: Requested number of threads; 0 means one per core.
    """
    available = cores()
    return min(threads or available, available)


def fastest_threads(load: Callable[[int], Callable[[], object]]) -> int:
    """Measure with how many threads a net is fastest on this machine.

    The number is doubled for as long as that pays. Loading and running one of our nets takes 30 ms.

    Args:
        load: Loads the net for a number of threads and returns a function that runs it.
    """
    available = cores()
    best, best_seconds = 1, _shortest_time(load(1))
    while best < available:
        more = min(2 * best, available)
        seconds = _shortest_time(load(more))
        if seconds > _WORTH_IT_RATIO * best_seconds:
            break
        best, best_seconds = more, seconds
    return best


def _shortest_time(run: Callable[[], object]) -> float:
    # The first run allocates memory. Other processes can only make a run longer, hence the minimum.
    run()
    times = []
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)
