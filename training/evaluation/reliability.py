# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether probabilities mean what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mask_proximity.core.classification.classifier import calibrated
from mask_proximity.core.types import LABELS, FloatArray
from training.calibration import expected_calibration_error, reliability
from training.evaluation.statistics import DIGITS


def calibration(
    probabilities: FloatArray, labels: npt.NDArray[np.int64], temperature: float
) -> dict[str, Any]:
    """The expected calibration error with and without the temperature, and the diagram's bins.

    Args:
        probabilities: n x classes, calibrated with `temperature`.
        labels: n indices of classes.
        temperature: see core.masks.calibrated.

    Returns:
        The errors, of the likeliest class and of P(mask), which is what the thresholds are compared
        with, are None without faces. 'bins' are those of the diagram that have faces.
    """
    if len(labels) == 0:
        return {'ece': None, 'ece_uncalibrated': None, 'ece_mask': None, 'bins': []}
    # softmax(log(p) / T) is undone by 1 / T.
    uncalibrated = calibrated(probabilities, 1.0 / temperature)
    mask = LABELS.index('mask')
    return {
        'ece': round(expected_calibration_error(probabilities, labels), DIGITS),
        'ece_uncalibrated': round(expected_calibration_error(uncalibrated, labels), DIGITS),
        'ece_mask': round(expected_calibration_error(probabilities, labels, label=mask), DIGITS),
        'bins': [
            {
                'faces': row.faces,
                'confidence': round(row.confidence, DIGITS),
                'accuracy': round(row.accuracy, DIGITS),
            }
            for row in reliability(probabilities, labels)
            if row.faces
        ],
    }
