# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Rates and average precisions are those that one computes by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.statistics import average_precision, rate


@pytest.mark.parametrize(
    ('right', 'of', 'expected'),
    [
        # (p + z2 / 2n -+ z sqrt(p (1 - p) / n + z2 / 4n2)) / (1 + z2 / n), z = 1.95996
        (8, 10, (0.8, 0.49016, 0.94332)),
        (10, 10, (1.0, 0.72246, 1.0)),
        (0, 10, (0.0, 0.0, 0.27754)),
        (0, 0, (None, None, None)),
    ],
)
def test_wilson(right: int, of: int, expected: tuple[float | None, ...]) -> None:
    result = rate(right, of)
    assert (result['right'], result['of']) == (right, of)
    for key, value in zip(('rate', 'low', 'high'), expected, strict=True):
        assert result[key] == (None if value is None else pytest.approx(value, abs=2e-5))


@pytest.mark.parametrize(
    ('found', 'positives', 'expected'),
    [
        ([(0.9, True), (0.8, False), (0.7, True)], 3, (1.0 + 2 / 3) / 3),
        # The drop to 1/2 before 2/3 is levelled.
        ([(0.9, False), (0.8, True), (0.7, True)], 2, 2 / 3),
        ([(0.1, True), (0.9, True)], 2, 1.0),
        ([(0.9, False)], 2, 0.0),
        ([], 2, 0.0),
        ([], 0, None),
    ],
)
def test_average_precision(
    found: list[tuple[float, bool]], positives: int, expected: float | None
) -> None:
    result = average_precision(found, positives)
    assert result == (None if expected is None else pytest.approx(expected, abs=1e-5))


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), unique_by=lambda each: each[0]),
    st.integers(1, 5),
)
def test_average_precision_goes_by_the_order_of_scores_alone(
    found: list[tuple[int, bool]], missed: int
) -> None:
    positives = sum(hit for _, hit in found) + missed
    result = average_precision(found, positives)
    assert result is not None
    assert 0.0 <= result < 1.0
    assert average_precision(found[::-1], positives) == result
    assert average_precision([(score / 7 + 3, hit) for score, hit in found], positives) == result
