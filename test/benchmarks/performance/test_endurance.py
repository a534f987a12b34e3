# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Which images were not the newest is told apart from those that were."""

from __future__ import annotations

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.performance.endurance import frames_behind

PERIOD, TRANSPORT = 16_666_667, 2_000_000
STAMPS = [PERIOD * number for number in range(1, 200)]


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


@given(st.integers(0, 2**32 - 1))
def test_the_newest_is_never_behind(seed: int) -> None:
    work = np.random.default_rng(seed).integers(1_000_000, 70_000_000, 200).tolist()
    assert not any(frames_behind(STAMPS, judged(work, queue=1), TRANSPORT))


def test_a_queue_is_behind() -> None:
    slow = [40_000_000] * 200
    behind = frames_behind(STAMPS, judged(slow, queue=3), TRANSPORT)
    assert max(behind) == 2
    assert sum(not each for each in behind) < 0.1 * len(behind)
