# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What breaks the deadline is named, and for the worst camera."""

from __future__ import annotations

import pytest

from benchmarks.performance.scale import judge

RATE = 10.0
STAMPS = list(range(100))
GOOD = {stamp: 50.0 for stamp in STAMPS}


@pytest.mark.parametrize(
    ('other', 'busy', 'broken'),
    [
        (GOOD, 0.99, []),
        ({stamp: 50.0 for stamp in STAMPS[:90]}, 0.5, ['drops']),
        ({stamp: 300.0 for stamp in STAMPS}, 0.5, ['latency']),
        ({stamp: 300.0 for stamp in STAMPS[:50]}, 0.95, ['latency', 'drops', 'processor']),
        ({}, 0.1, ['latency', 'drops']),
    ],
)
def test_it_is_named(other: dict[int, float], busy: float, broken: list[str]) -> None:
    found = judge([STAMPS, STAMPS], [GOOD, other], RATE, busy)
    assert found['broken'] == broken
    assert found['kept'] == len(other) / len(STAMPS)
    assert found['frames_per_second'] == pytest.approx(RATE * (1 + found['kept']))
