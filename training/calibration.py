# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Temperature scaling, and the calibration error of probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from mask_proximity.core.classification.classifier import calibrated
from mask_proximity.core.types import LABELS, FloatArray

IntArray = npt.NDArray[np.integer[Any]]

BOUNDS = (0.5, 20.0)
"""Limits of a temperature. Without a misclassified face the fit would go to 0, which no number of
faces justifies; too little confidence is the careful side."""

BINS = 15
"""Number of bins as in Guo et al., On Calibration of Modern Neural Networks, 2017."""

DIGITS = 5
"""Decimals of the figures in a description."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The faces whose confidence lies in one interval.

    Attributes:
        low: Lower end of the interval, exclusive except for 0.
        high: Upper end of the interval, inclusive.
        faces: Number of faces.
        confidence: Mean confidence; NaN without faces.
        accuracy: Share of correct predictions; NaN without faces.
    """

    low: float
    high: float
    faces: int
    confidence: float
    accuracy: float


def fit_temperature(probabilities: FloatArray, labels: IntArray) -> float:
    """Find the temperature that maximizes the likelihood of the labels.

    Every face has the same weight, so the probabilities are calibrated for classes as frequent as
    among these faces. A temperature does not change which class is likeliest: the accuracy stays
    the same, and a class with a higher weight in training stays favoured.

    Args:
        probabilities: n x classes, output of the net for faces that it was not trained on.
        labels: n indices of columns.

    Returns:
        A temperature for core.classification.classifier.calibrated, within BOUNDS.

    Raises:
        ValueError: There are no faces.
    """
    if len(labels) == 0:
        raise ValueError('a temperature needs faces to be fitted on')

    # On a logarithmic scale, halving and doubling are steps of the same size.
    found = minimize_scalar(
        lambda exponent: negative_log_likelihood(
            calibrated(probabilities, math.exp(exponent)), labels
        ),
        bounds=tuple(math.log(bound) for bound in BOUNDS),
        method='bounded',
    )
    return math.exp(found.x)


def negative_log_likelihood(probabilities: FloatArray, labels: IntArray) -> float:
    """Return the mean cross-entropy of the labels in nats.

    Args:
        probabilities: n x classes, n > 0.
        labels: n indices of columns.
    """
    of_labels = probabilities[np.arange(len(labels)), labels]
    # A probability of 0 for the true class must not make the sum infinite.
    return float(-np.log(np.maximum(of_labels, np.finfo(np.float32).tiny)).mean())


def reliability(
    probabilities: FloatArray, labels: IntArray, bins: int = BINS, label: int | None = None
) -> list[Bin]:
    """Return the rows of a reliability diagram: bins of equal width over [0, 1].

    Args:
        probabilities: n x classes.
        labels: n indices of columns.
        bins: Number of bins.
        label: Class whose probability is compared with its frequency; None: the probability of the
            likeliest class is compared with the accuracy.
    """
    if label is None:
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    else:
        confidence, right = probabilities[:, label], labels == label
    edges = np.linspace(0.0, 1.0, bins + 1)
    numbers = np.searchsorted(edges[1:-1], confidence, side='left')
    rows = []
    for number in range(bins):
        inside = numbers == number
        faces = int(inside.sum())
        rows.append(
            Bin(
                low=float(edges[number]),
                high=float(edges[number + 1]),
                faces=faces,
                confidence=float(confidence[inside].mean()) if faces else math.nan,
                accuracy=float(right[inside].mean()) if faces else math.nan,
            )
        )
    return rows


def expected_calibration_error(
    probabilities: FloatArray, labels: IntArray, bins: int = BINS, label: int | None = None
) -> float:
    """Return the mean difference of confidence and accuracy over the faces (Guo et al., 2017).

    Args:
        probabilities: n x classes, n > 0.
        labels: n indices of columns.
        bins: See reliability.
        label: See reliability.
    """
    rows = [row for row in reliability(probabilities, labels, bins, label) if row.faces]
    return sum(row.faces * abs(row.confidence - row.accuracy) for row in rows) / len(labels)


def calibrate(probabilities: FloatArray, labels: IntArray) -> dict[str, Any]:
    """Fit a temperature and measure its effect on the same faces.

    Args:
        probabilities: n x classes, output of the net for the val faces; P(mask) comes first.
        labels: n indices of columns.

    Returns:
        'calibration' of a model's description: the temperature and, before and after it, the
        expected calibration error of the likeliest class ('ece') and of P(mask), which is compared
        with the thresholds ('ece_mask'), and the cross-entropy ('nll').
    """
    temperature = fit_temperature(probabilities, labels)
    result: dict[str, Any] = {'temperature': temperature, 'on': 'val', 'faces': len(labels)}
    for when, each in (
        ('before', probabilities),
        ('after', calibrated(probabilities, temperature)),
    ):
        figures = {
            'ece': expected_calibration_error(each, labels),
            'ece_mask': expected_calibration_error(each, labels, label=LABELS.index('mask')),
            'nll': negative_log_likelihood(each, labels),
        }
        result.update({f'{name}_{when}': round(value, DIGITS) for name, value in figures.items()})
    return result
