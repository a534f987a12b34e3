# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Numbers with how far they can be trusted, and the average precision of detectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest

CONFIDENCE = 0.95
DIGITS = 5


def rate(right: int, of: int) -> dict[str, Any]:
    """A share with its 95 % interval (Wilson's score interval).

    Returns:
        'right', 'of', 'rate', 'low', 'high'; the last three None where `of` is 0.
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
    """The area under precision over recall, with every drop of precision levelled.

    This is the all-point interpolation of Pascal VOC 2010 and later (Everingham et al., The PASCAL
    Visual Object Classes Challenge: A Retrospective, 2015).

    Args:
        found: score of each detection, and whether it is right.
        positives: how many there are to be found.

    Returns:
        In [0, 1], or None without positives.
    """
    if positives == 0:
        return None
    hits = np.array([hit for _, hit in sorted(found, key=lambda each: -each[0])], bool)
    true = np.cumsum(hits)
    precision = true / np.arange(1, len(hits) + 1)
    # From here on, no better precision is to be had at a larger recall.
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return round(float(best[hits].sum() / positives), DIGITS)
