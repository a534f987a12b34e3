# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The tutorial's 'accuracy of batch': the accuracy on batches of 40 crops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.evaluation.observations import ObservedFace
from training.evaluation.statistics import DIGITS

BATCH = 40
SEED = 42


def batch_accuracy(crops: Sequence[ObservedFace], size: int = BATCH) -> dict[str, Any]:
    """Return the accuracy on shuffled batches; the prediction is the likeliest class.

    Args:
        crops: Crops in any order. They are sorted by name and shuffled with a fixed seed, since
            each folder holds one class.
        size: Faces in a batch. A remainder is dropped, unless it is the only batch.

    Returns:
        'size', 'batches', and the 'mean' and 'min' of their accuracies; None without crops.
    """
    ordered = sorted(crops, key=lambda crop: crop.name)
    right = np.array([crop.predicted == crop.label for crop in ordered], bool)
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
