# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Rates with confidence intervals, and the average precision of detectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest

CONFIDENCE = 0.95
DIGITS = 5


def rate(right: int, of: int) -> dict[str, Any]:
    """Return a rate with its 95 % confidence interval (Wilson's score interval).

    Returns:
        'right', 'of', 'rate', 'low', 'high'; the last three are None if `of` is 0.
    """
    if of == 0:
        return {'right': 0, 'of': 0, 'rate': None, 'low': None, 'high': None}
    interval = binomtest(right, of).proportion_ci(CONFIDENCE, method='wilson')
    return {
        'right': right,
        'of': of,
        'rate': round(right / of, DIGITS),
        'low': round(float(interval.low), DIGITS),
        'high': round(float(interval.high), DIGITS),
    }


def average_precision(found: Sequence[tuple[float, bool]], positives: int) -> float | None:
    """Return the area under the precision-recall curve, with precision made monotonic.

    This is the all-point interpolation of Pascal VOC 2010 and later (Everingham et al., The PASCAL
    Visual Object Classes Challenge: A Retrospective, 2015).

    Args:
        found: Score of each detection, and whether it is correct.
        positives: Number of faces to be found.

    Returns:
        A number in [0, 1]; None without positives.
    """
    if positives == 0:
        return None
    hits = np.array([hit for _, hit in sorted(found, key=lambda each: -each[0])], bool)
    true = np.cumsum(hits)
    precision = true / np.arange(1, len(hits) + 1)
    # The highest precision at this or any higher recall.
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return round(float(best[hits].sum() / positives), DIGITS)
