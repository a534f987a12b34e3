# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration: whether probabilities agree with the accuracy."""

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
    """Return the expected calibration error with and without the temperature, and the bins.

    Args:
        probabilities: n x classes, calibrated with `temperature`.
        labels: n indices of classes.
        temperature: See core.classification.classifier.calibrated.

    Returns:
        The errors of the likeliest class and of P(mask), which is compared with the thresholds;
        None without faces. 'bins' are the bins of the reliability diagram that hold faces.
    """
    if len(labels) == 0:
        return {'ece': None, 'ece_uncalibrated': None, 'ece_mask': None, 'bins': []}
    # The inverse of softmax(log(p) / T) is the same function with 1 / T.
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
