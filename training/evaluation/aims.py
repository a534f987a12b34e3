# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the classifier should reach on scenes that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Aim:
    """A lower limit on a rate among the faces of one class and one range of widths.

    Attributes:
        what: Description for people.
        width: Key of evaluation.classification.WIDTHS.
        label: True class of the faces.
        measure: 'recall' or 'not_called_mask'.
        least: The rate to reach, in [0, 1].
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
"""Near faces are at least 60 pixels wide, far ones 24 to 60. The likeliest class is predicted."""


def compared(scenes: dict[str, Any]) -> list[dict[str, Any]]:
    """Compare the measured rates with the aims.

    Args:
        scenes: What `classification` returned for the faces in scenes.

    Returns:
        For each aim 'what', 'least', the measured rate, and 'reached': None without such faces.
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
