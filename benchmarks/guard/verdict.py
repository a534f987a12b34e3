# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Decides whether a figure is worse than its baseline in two measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MARGIN = 0.15
"""By so much a figure may be behind its baseline."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out of a figure.

    Attributes:
        baseline: that it was held to.
        measured: once, or twice where the first time was too much.
    """

    baseline: float
    measured: tuple[float, ...]

    @property
    def limit(self) -> float:
        """The most that passes."""
        return self.baseline * (1.0 + MARGIN)

    @property
    def failed(self) -> bool:
        """Whether it was too much both times."""
        return min(self.measured) > self.limit

    @property
    def improved(self) -> bool:
        """Whether the baseline is too easy by now."""
        return max(self.measured) < self.baseline * (1.0 - MARGIN)

    @property
    def change(self) -> float:
        """Of the better measurement against the baseline; 0.1 = a tenth more."""
        return min(self.measured) / self.baseline - 1.0


def judge(baseline: float, measure: Callable[[], float]) -> Verdict:
    """Measure, and where that is too much, once more: a hiccup does not come twice in a row."""
    first = Verdict(baseline, (measure(),))
    if not first.failed:
        return first
    return Verdict(baseline, (*first.measured, measure()))
