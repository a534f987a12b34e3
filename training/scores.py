# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What training itself measures: the accuracy and the cross-entropy of a net on labelled faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mask_proximity.core.types import LABELS, FloatArray
from training.sources import Sample

IntArray = npt.NDArray[np.int64]


def net_labels(samples: Sequence[Sample], head: str) -> tuple[str, ...]:
    """Return the classes of the net: three, or two if no sample shows a mask worn incorrectly."""
    present = {sample.label for sample in samples}
    if head == 'tutorial' or LABELS.index('incorrect') not in present:
        return ('mask', 'no_mask')
    return LABELS


def label_indices(samples: Sequence[Sample], labels: Sequence[str]) -> IntArray:
    """Return the index of each sample's label among the labels of the net."""
    return np.array([labels.index(LABELS[sample.label]) for sample in samples], np.int64)


def scores(probabilities: FloatArray, indices: IntArray, labels: Sequence[str]) -> dict[str, Any]:
    """Count the faces that are classified correctly, in all and by class.

    Args:
        probabilities: n x len(labels).
        indices: True classes: n indices into `labels`.
        labels: Classes of the net.

    Returns:
        'faces'; 'accuracy'; 'cross_entropy' in nats; for each class that occurs, 'right' and 'of'.
    """
    right = probabilities.argmax(axis=1) == indices
    likelihood = probabilities[np.arange(len(indices)), indices]
    result: dict[str, Any] = {
        'faces': len(indices),
        'accuracy': round(float(right.mean()), 4),
        'cross_entropy': round(float(-np.log(np.maximum(likelihood, 1e-7)).mean()), 4),
    }
    for index, label in enumerate(labels):
        in_class = indices == index
        if in_class.any():
            result[label] = {'right': int(right[in_class].sum()), 'of': int(in_class.sum())}
    return result


def scores_by_source(
    probabilities: FloatArray, indices: IntArray, labels: Sequence[str], sources: Sequence[str]
) -> dict[str, Any]:
    """Return `scores` of all faces and, if there are several sources, of each under 'by_source'."""
    result = scores(probabilities, indices, labels)
    if len(set(sources)) > 1:
        result['by_source'] = {}
        for source in sorted(set(sources)):
            chosen = np.array(sources) == source
            result['by_source'][source] = scores(probabilities[chosen], indices[chosen], labels)
    return result
