# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How many threads a net may use here."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

_QUOTA = Path('/sys/fs/cgroup/cpu.max')
"""Of the container, control groups version 2: microseconds of processor time in a period, and the
period; 'max' = no limit.
"""

_REPEATS = 3
_BETTER = 0.9
"""So much of the time may more threads take to be worth it: others need the cores, too."""


def cores(quota: Path = _QUOTA) -> int:
    """The processor cores that this process may use: those it may run on, and the time it gets.

    Args:
        quota: file with the limit of the container, if there is one.
    """
    allowed = len(os.sched_getaffinity(0))
    try:
        time_, period = quota.read_text().split()
        return max(1, min(allowed, math.ceil(int(time_) / int(period))))
    except (OSError, ValueError):
        return allowed


def usable_threads(threads: int) -> int:
    """No more than there are cores: threads that wait for each other's core make a net slower.

    Args:
        threads: asked for; 0 = as many as there are cores.
    """
    most = cores()
    return min(threads or most, most)


def fastest_threads(load: Callable[[int], Callable[[], object]]) -> int:
    """The number of threads with which a net is fastest here, measured.

    It is doubled for as long as that pays; one net of ours is loaded and run in 30 ms.

    Args:
        load: gives what runs the net with so many threads.
    """
    most = cores()
    best, least = 1, _least_time(load(1))
    while best < most:
        more = min(2 * best, most)
        seconds = _least_time(load(more))
        if seconds > _BETTER * least:
            break
        best, least = more, seconds
    return best


def _least_time(run: Callable[[], object]) -> float:
    # The first run allocates. The least, since whatever else the machine does only adds to it.
    run()
    times = []
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)
