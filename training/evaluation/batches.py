# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The tutorial's 'accuracy of batch': how many of 40 crops are right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.evaluation.observations import ObservedFace
from training.evaluation.statistics import DIGITS

BATCH = 40
SEED = 42


def batch_accuracy(crops: Sequence[ObservedFace], size: int = BATCH) -> dict[str, Any]:
    """The accuracy, by the likeliest class, of shuffled batches.

    Args:
        crops: in any order; they are sorted by name and shuffled by a fixed seed, as folders hold
            one class each.
        size: of a batch; what is left over makes no batch, unless there is no other.

    Returns:
        'size', 'batches', and the 'mean' and 'min' of their accuracies, None without crops.
    """
    ordered = sorted(crops, key=lambda crop: crop.name)
    right = np.array([crop.called == crop.label for crop in ordered], bool)
    right = right[np.random.default_rng(SEED).permutation(len(right))]
    count = len(right) // size
    batches = right[: count * size].reshape(count, size) if count else right[None, :]
    if not len(right):
        return {'size': size, 'batches': 0, 'mean': None, 'min': None}
    accuracies = batches.mean(axis=1)
    return {
        'size': batches.shape[1],
        'batches': len(batches),
        'mean': round(float(accuracies.mean()), DIGITS),
        'min': round(float(accuracies.min()), DIGITS),
    }
