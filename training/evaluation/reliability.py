# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether probabilities mean what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mask_proximity.core.masks import FloatArray, calibrated
from training.calibration import expected_calibration_error
from training.evaluation.statistics import DIGITS

BINS = 10
"""Of equal width, as in the diagram."""


def calibration(
    probabilities: FloatArray, labels: npt.NDArray[np.int64], temperature: float
) -> dict[str, Any]:
    """The expected calibration error with and without the temperature, and the diagram's bins.

    Args:
        probabilities: n x classes, calibrated with `temperature`.
        labels: n indices of classes.
        temperature: see core.masks.calibrated.

    Returns:
        The errors are None without faces. A bin is 'faces', 'confidence' (mean probability of the
        likeliest class) and 'accuracy'; empty ones are left out.
    """
    if len(labels) == 0:
        return {'ece': None, 'ece_uncalibrated': None, 'bins': []}
    # softmax(log(p) / T) is undone by 1 / T.
    uncalibrated = calibrated(probabilities, 1.0 / temperature)
    return {
        'ece': round(expected_calibration_error(probabilities, labels), DIGITS),
        'ece_uncalibrated': round(expected_calibration_error(uncalibrated, labels), DIGITS),
        'bins': _bins(probabilities, labels),
    }


def _bins(probabilities: FloatArray, labels: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    numbers = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        {
            'faces': int(members.sum()),
            'confidence': round(float(confidence[members].mean()), DIGITS),
            'accuracy': round(float(right[members].mean()), DIGITS),
        }
        for number in range(BINS)
        if (members := numbers == number).any()
    ]
