# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Which images were not the newest is told apart from those that were."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.performance.endurance import Run, frames_behind

PERIOD, TRANSPORT = 16_666_667, 2_000_000
# Of our days, where a float is off by a hundred nanoseconds.
NOW = 1_800_000_000_123_456_789
STAMPS = [NOW + PERIOD * number for number in range(1, 200)]


def judged(work: list[int], queue: int) -> dict[int, float]:
    """Ages in ms of what a detector judges that keeps so many of the newest images waiting."""
    waiting: deque[int] = deque(maxlen=queue)
    coming = deque(STAMPS)
    ages: dict[int, float] = {}
    now = 0
    while coming or waiting:
        if not waiting:
            now = max(now, coming[0] + TRANSPORT)
        while coming and coming[0] + TRANSPORT <= now:
            waiting.append(coming.popleft())
        stamp = waiting.popleft()
        now += work[len(ages)]
        ages[stamp] = (now - stamp) / 1e6
    return ages


def test_a_leak_is_one_whatever_the_samples_do_between() -> None:
    rng = np.random.default_rng(3)
    found = []
    for leak in (0.0, 20.0):
        run = Run(10.0, 60.0, [1.0])
        hours = np.arange(0.0, 1.0, 10.0 / 3600.0)
        # At first it fills, which is no leak.
        memory = 200.0 + leak * hours + 50.0 * np.minimum(hours, 0.15)
        memory += rng.normal(0.0, 0.3, len(hours))
        for hour, value in zip(hours, memory, strict=True):
            run.weigh((value, 100.0), 3600.0 * hour)
        run.time_nets(5.0)
        found.append(run.result())
    assert [each['memory_flat'] for each in found] == [True, False]
    assert found[1]['memory']['resident']['slope'] == pytest.approx(leak, abs=1.0)
    assert found[1]['memory']['heap']['slope'] == 0.0


@given(st.integers(0, 2**32 - 1))
def test_the_newest_is_never_behind(seed: int) -> None:
    work = np.random.default_rng(seed).integers(1_000_000, 70_000_000, 200).tolist()
    assert not any(frames_behind(STAMPS, judged(work, queue=1), TRANSPORT))


def test_a_queue_is_behind() -> None:
    slow = [40_000_000] * 200
    behind = frames_behind(STAMPS, judged(slow, queue=3), TRANSPORT)
    assert max(behind) == 2
    assert sum(not each for each in behind) < 0.1 * len(behind)
