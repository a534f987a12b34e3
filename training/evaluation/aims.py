# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the classifier is meant to reach on scenes that it never saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Aim:
    """A share of the faces of one class and one range of widths, at least.

    Attributes:
        what: in words.
        width: range of evaluation.classification.WIDTHS.
        label: class of the faces.
        measure: 'recall' or 'not_called_mask'.
        least: the share.
    """

    what: str
    width: str
    label: str
    measure: str
    least: float


AIMS = (
    Aim('near, with a mask: called mask', 'near', 'mask', 'recall', 0.99),
    Aim('near, without: called no mask', 'near', 'no_mask', 'recall', 0.995),
    Aim('far, with a mask: called mask', 'far', 'mask', 'recall', 0.98),
    Aim('far, without: called no mask', 'far', 'no_mask', 'recall', 0.98),
    Aim(
        'near, mask worn incorrectly: not called mask', 'near', 'incorrect', 'not_called_mask', 0.85
    ),
)
"""Near is a face of at least 60 pixels, far one of 24 to 60; the likeliest class counts."""


def compared(scenes: dict[str, Any]) -> list[dict[str, Any]]:
    """The aims beside what was measured.

    Args:
        scenes: as `classification` gives it.

    Returns:
        For each aim 'what', 'least', the rate, and 'reached': None where there was no such face.
    """
    rows = []
    for aim in AIMS:
        measured = scenes['by_width'][aim.width]['classes'][aim.label][aim.measure]
        share = measured['right'] / measured['of'] if measured['of'] else None
        rows.append(
            {
                'what': aim.what,
                'least': aim.least,
                **measured,
                'reached': None if share is None else share >= aim.least,
            }
        )
    return rows
