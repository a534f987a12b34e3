# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration: what makes a probability mean what it says, and how far it is from doing so."""

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
"""Of a temperature. Without a mistake among the faces they ask for 0, which no number of faces
could justify: a classifier that claims too little is the careful side."""

BINS = 15
"""As in Guo et al., On Calibration of Modern Neural Networks, 2017."""

DIGITS = 5
"""Of the figures in a description."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The faces whose confidence lies in one interval.

    Attributes:
        low: lower end of the interval; it belongs to the bin below, but 0 to the first.
        high: upper end, which belongs to it.
        faces: how many there are.
        confidence: their mean; NaN without faces.
        accuracy: the share of them that is right; NaN without faces.
    """

    low: float
    high: float
    faces: int
    confidence: float
    accuracy: float


def fit_temperature(probabilities: FloatArray, labels: IntArray) -> float:
    """The temperature that makes the labels of faces likeliest.

    Every face counts the same, whatever its class: the probabilities come to mean what they say
    where classes are as frequent as among these faces. One number cannot move a face from one class
    to another, so that accuracy stays, and a class that training has weighted stays favoured.

    Args:
        probabilities: n x classes, as the net gives them, of faces that it did not learn from.
        labels: n indices of columns.

    Returns:
        A temperature for core.masks.calibrated, within BOUNDS.

    Raises:
        ValueError: there are no faces.
    """
    if len(labels) == 0:
        raise ValueError('a temperature needs faces to be fitted on')

    # As a logarithm, halving and doubling are alike.
    found = minimize_scalar(
        lambda exponent: negative_log_likelihood(
            calibrated(probabilities, math.exp(exponent)), labels
        ),
        bounds=tuple(math.log(bound) for bound in BOUNDS),
        method='bounded',
    )
    return math.exp(found.x)


def negative_log_likelihood(probabilities: FloatArray, labels: IntArray) -> float:
    """The mean cross-entropy of the labels, in nats.

    Args:
        probabilities: n x classes, n > 0.
        labels: n indices of columns.
    """
    of_labels = probabilities[np.arange(len(labels)), labels]
    # A net may give 0 for what is true, which must not weigh endlessly.
    return float(-np.log(np.maximum(of_labels, np.finfo(np.float32).tiny)).mean())


def reliability(
    probabilities: FloatArray, labels: IntArray, bins: int = BINS, label: int | None = None
) -> list[Bin]:
    """The rows of a reliability diagram: bins of equal width over [0, 1].

    Args:
        probabilities: n x classes.
        labels: n indices of columns.
        bins: how many.
        label: the class whose probability is compared with how often faces are of it; None: the
            likeliest of each face, compared with how often that is right.
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
    """How far confidence is from accuracy, on average over the faces (Guo et al., 2017).

    Args:
        probabilities: n x classes, n > 0.
        labels: n indices of columns.
        bins: see reliability.
        label: see reliability.
    """
    rows = [row for row in reliability(probabilities, labels, bins, label) if row.faces]
    return sum(row.faces * abs(row.confidence - row.accuracy) for row in rows) / len(labels)


def calibrate(probabilities: FloatArray, labels: IntArray) -> dict[str, Any]:
    """Fit a temperature, and say what it did to the faces that it was fitted on.

    Args:
        probabilities: n x classes, as the net gives them, of the val faces; P(mask) comes first.
        labels: n indices of columns.

    Returns:
        'calibration' of a model's description: the temperature, and before and after it the
        expected calibration error of the likeliest class ('ece'), of P(mask), which is what the
        thresholds are compared with ('ece_mask'), and the cross-entropy ('nll').
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
