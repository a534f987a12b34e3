# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Statistics of measured values: percentiles, spread over repeats, slope with its uncertainty."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import theilslopes

PERCENTILES = (50, 95, 99)
_FEWEST = 8


def percentiles(values: Sequence[float]) -> dict[str, Any]:
    """`p50`, `p95` and `p99` of values, the `max`, and their number `n`; None without any."""
    if not values:
        return {**{f'p{each}': None for each in PERCENTILES}, 'max': None, 'n': 0}
    found = np.percentile(values, PERCENTILES)
    named = {f'p{each}': float(value) for each, value in zip(PERCENTILES, found, strict=True)}
    return {**named, 'max': float(max(values)), 'n': len(values)}


def spread(values: Sequence[float]) -> dict[str, Any]:
    """The `median` of repeats, the `low`est and the `high`est of them, and their number `n`."""
    if not values:
        return {'median': None, 'low': None, 'high': None, 'n': 0}
    return {
        'median': statistics.median(values),
        'low': min(values),
        'high': max(values),
        'n': len(values),
    }


def slope(times: Sequence[float], values: Sequence[float]) -> dict[str, Any]:
    """How values change with time: the `slope`, and from `low` to `high` its 95 % interval.

    By Theil and Sen: the median of the slopes of all pairs, which a few wild values do not move
    (P. K. Sen, Journal of the American Statistical Association 63, 1968). The values should not
    depend on their neighbours, so give those of whole blocks of time.

    Args:
        times: in the unit that the slope shall be per.
        values: with fewer than eight the slope is None, since the interval would not hold.
    """
    if len(values) < _FEWEST:
        return {'slope': None, 'low': None, 'high': None, 'n': len(values)}
    found = theilslopes(values, times, alpha=0.95)
    return {
        'slope': float(found[0]),
        'low': float(found[2]),
        'high': float(found[3]),
        'n': len(values),
    }


def grows(found: dict[str, Any], harmless: float) -> bool:
    """Whether a `slope` is upwards for sure, and by more than `harmless`."""
    return found['low'] is not None and found['low'] > 0.0 and found['slope'] > harmless
