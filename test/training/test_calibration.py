# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A temperature makes probabilities mean what they say, and how far they do is told rightly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.classification.classifier import calibrated
from training.calibration import (
    BOUNDS,
    calibrate,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
)


def drawn(seed: int, faces: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of faces, and labels drawn by just these."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.5), faces)
    labels = (rng.random((faces, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return probabilities.astype(np.float32), labels


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), planted=st.floats(0.7, 4.0), classes=st.integers(2, 3))
def test_a_planted_temperature_is_found(seed: int, planted: float, classes: int) -> None:
    honest, labels = drawn(seed, 4000, classes)
    net = calibrated(honest, 1.0 / planted)
    # Of a thousand, the worst was off by 0.11.
    assert fit_temperature(net, labels) == pytest.approx(planted, rel=0.2)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), temperature=st.floats(*BOUNDS))
def test_no_temperature_changes_the_likeliest_class(seed: int, temperature: float) -> None:
    probabilities, _ = drawn(seed, 50)
    likeliest = probabilities.argmax(axis=1)
    scaled = calibrated(probabilities, temperature)
    # Rounding to 32 bits may make two equal, but never the smaller one larger.
    np.testing.assert_array_equal(scaled[np.arange(50), likeliest], scaled.max(axis=1))


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), planted=st.floats(0.1, 10.0))
def test_the_likelihood_of_what_it_was_fitted_on_never_falls(seed: int, planted: float) -> None:
    honest, labels = drawn(seed, 200)
    net = calibrated(honest, 1.0 / planted)
    fitted = calibrated(net, fit_temperature(net, labels))
    assert negative_log_likelihood(fitted, labels) <= negative_log_likelihood(net, labels) + 1e-4


@pytest.mark.parametrize(
    ('probabilities', 'labels', 'end'),
    [([[0.9, 0.1], [0.2, 0.8]], [0, 1], 0), ([[0.9, 0.1], [0.2, 0.8]], [1, 0], 1)],
    ids=['all right', 'all wrong'],
)
def test_it_stays_within_bounds(
    probabilities: list[list[float]], labels: list[int], end: int
) -> None:
    found = fit_temperature(np.array(probabilities, np.float32), np.array(labels))
    assert BOUNDS[0] <= found <= BOUNDS[1]
    assert found == pytest.approx(BOUNDS[end], rel=0.01)


def test_a_zero_for_the_truth_is_finite() -> None:
    probabilities = np.array([[1.0, 0.0], [0.6, 0.4]], np.float32)
    assert math.isfinite(fit_temperature(probabilities, np.array([1, 0])))


def test_no_faces_are_told() -> None:
    with pytest.raises(ValueError, match='needs faces'):
        fit_temperature(np.zeros((0, 3), np.float32), np.zeros(0, np.int64))


PROBABILITIES = np.array(
    [[0.95, 0.05, 0], [0.9, 0.1, 0], [0.7, 0.2, 0.1], [0.3, 0.1, 0.6]], np.float32
)
LABELS = np.array([0, 2, 0, 2])


@pytest.mark.parametrize(
    ('bins', 'label', 'error'),
    [
        # (0.5, 1]: mean confidence 0.7875, 3 of 4 right.
        (2, None, 0.0375),
        # (0.5, 0.6]: 0.6, right; (0.6, 0.7]: 0.7, right; (0.8, 0.9]: 0.9, wrong; 0.95, right.
        (10, None, (0.4 + 0.3 + 0.9 + 0.05) / 4),
        # P(mask): 0.3 and none is; 0.95, 0.9, 0.7 and two of three are.
        (2, 0, (0.3 + 3 * abs(2.55 / 3 - 2 / 3)) / 4),
        # P(no mask): 0, 0, 0.1 and one of three is; 0.6 and it is.
        (2, 2, (3 * abs(0.1 / 3 - 1 / 3) + 0.4) / 4),
    ],
)
def test_the_error_is_as_computed_by_hand(bins: int, label: int | None, error: float) -> None:
    found = expected_calibration_error(PROBABILITIES, LABELS, bins, label)
    assert found == pytest.approx(error, abs=1e-6)


def test_the_bins_of_a_diagram() -> None:
    rows = reliability(PROBABILITIES, LABELS, 4)
    assert [(row.low, row.high) for row in rows] == [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]
    assert [row.faces for row in rows] == [0, 0, 2, 2]
    assert math.isnan(rows[0].confidence) and math.isnan(rows[0].accuracy)
    assert (rows[2].confidence, rows[2].accuracy) == pytest.approx((0.65, 1.0))
    assert (rows[3].confidence, rows[3].accuracy) == pytest.approx((0.925, 0.5))


def test_ends_of_bins_belong_to_the_lower_one() -> None:
    halves = np.array([[0.5, 0.5], [1.0, 0.0]], np.float32)
    assert [row.faces for row in reliability(halves, np.array([0, 0]), 2, 1)] == [2, 0]
    assert [row.faces for row in reliability(halves, np.array([0, 0]), 2, 0)] == [1, 1]


def test_a_net_that_is_too_sure_becomes_honest() -> None:
    honest, labels = drawn(1, 3000)
    result = calibrate(calibrated(honest, 0.4), labels)
    assert result['temperature'] == pytest.approx(2.5, rel=0.1)
    assert (result['on'], result['faces']) == ('val', 3000)
    assert result['ece_before'] > 0.1 and result['ece_after'] < 0.03
    assert result['ece_mask_before'] > 0.08 and result['ece_mask_after'] < 0.03
    assert result['nll_after'] < result['nll_before']
