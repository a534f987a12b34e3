# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks say of values is so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.performance.figures import grows, percentiles, slope, spread

HOURS = np.arange(0.0, 1.0, 30.0 / 3600.0)


def test_noise_is_no_slope_in_nineteen_of_twenty() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        found = slope(HOURS, 200.0 + rng.normal(0.0, 2.0, len(HOURS)))
        held += found['low'] <= 0.0 <= found['high']
    # The expectation is 190; 179 is 3.5 standard deviations below.
    assert held >= 179


@given(seed=st.integers(0, 2**32 - 1), leak=st.floats(5.0, 100.0))
def test_a_leak_is_found(seed: int, leak: float) -> None:
    rng = np.random.default_rng(seed)
    values = 200.0 + leak * HOURS + rng.normal(0.0, 0.5, len(HOURS))
    # A few wild values, which would pull a straight line of least squares.
    values[rng.integers(0, len(values), 5)] -= 80.0
    found = slope(HOURS, values)
    assert found['slope'] == pytest.approx(leak, abs=2.0)
    assert grows(found, harmless=1.0)


def test_a_slope_that_harms_nobody_is_no_growth() -> None:
    found = slope(HOURS, 200.0 + 0.5 * HOURS)
    assert found['low'] > 0.0
    assert not grows(found, harmless=1.0)
    assert not grows(slope(HOURS, 200.0 - 50.0 * HOURS), harmless=1.0)


def test_a_few_values_have_no_slope() -> None:
    found = slope([0.0, 0.1, 0.2], [1.0, 2.0, 3.0])
    assert found['slope'] is None
    assert not grows(found, harmless=1.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_percentiles_and_spread_are_in_order(values: list[float]) -> None:
    found = percentiles(values)
    assert min(values) <= found['p50'] <= found['p95'] <= found['p99'] <= found['max']
    middle = spread(values)
    assert min(values) == middle['low'] <= middle['median'] <= middle['high'] == max(values)
    assert found['n'] == middle['n'] == len(values)


def test_of_nothing_nothing_is_said() -> None:
    assert percentiles([])['p99'] is None
    assert spread([])['median'] is None
