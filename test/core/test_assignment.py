# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The cheapest pairs are those that trying all of them finds."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mask_proximity.core.assignment import cheapest_pairs

LIMIT = 12.0
COST = st.floats(-30.0, 20.0) | st.just(math.inf)


@st.composite
def tables(draw: st.DrawFn) -> list[list[float]]:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    # A few values, so that many cost the same, or any.
    cost = draw(st.sampled_from([COST, st.sampled_from([0.0, 1.0, 2.0, LIMIT, math.inf])]))
    return [[draw(cost) for _ in range(columns)] for _ in range(rows)]


def saved(costs: list[list[float]], pairs: list[tuple[int, int]]) -> float:
    return math.fsum(LIMIT - costs[row][column] for row, column in pairs)


def most_saved(costs: list[list[float]], taken: frozenset[int] = frozenset()) -> float:
    """By trying every column for the first row, and none of them."""
    if not costs:
        return 0.0
    first, *rest = costs
    return max(
        most_saved(rest, taken),
        *(
            LIMIT - cost + most_saved(rest, taken | {column})
            for column, cost in enumerate(first)
            if column not in taken and cost < LIMIT
        ),
        -math.inf,
    )


@given(tables())
@example([[1.0, 2.0], [1.0, 4.0]])
@example([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]])
@example([[1.0], [0.0], [2.0]])
@settings(max_examples=150, deadline=None)
def test_no_other_pairs_are_cheaper(costs: list[list[float]]) -> None:
    pairs = cheapest_pairs(costs, LIMIT)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(costs[row][column] < LIMIT for row, column in pairs)
    assert saved(costs, pairs) == pytest.approx(most_saved(costs), abs=1e-9)


@pytest.mark.parametrize('costs', [[[LIMIT]], [[math.inf, 13.0], [math.inf, LIMIT]]])
def test_nobody_is_paired_at_the_limit(costs: list[list[float]]) -> None:
    assert cheapest_pairs(costs, LIMIT) == []
