# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How well faces are classified: rates by class and slice, confusion, ranking, calibration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from mask_proximity.core.alert.rules import mask_state
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, MaskState
from training.evaluation.observations import ObservedFace, columns
from training.evaluation.reliability import calibration
from training.evaluation.statistics import DIGITS, rate

INFINITE = float('inf')
WIDTHS = {
    'near': (60.0, INFINITE),
    '> 120 px': (120.0, INFINITE),
    '60-120 px': (60.0, 120.0),
    'far': (24.0, 60.0),
    '< 24 px': (0.0, 24.0),
}
"""Ranges of the labelled width in pixels of the picture: from (inclusive), to (exclusive)."""


def in_range(width: float, name: str) -> bool:
    """Return whether a width in pixels lies in a range of WIDTHS."""
    low, high = WIDTHS[name]
    return low <= width < high


def classification(
    faces: Sequence[ObservedFace], settings: DetectorSettings, temperature: float
) -> dict[str, Any]:
    """Return all metrics of a classifier on faces.

    Args:
        faces: Faces with their calibrated probabilities, as served.
        settings: Settings with the thresholds of the mask states.
        temperature: Temperature of the calibration; 1 for none.
    """
    labels, probabilities = columns(faces)
    sources = sorted({face.source for face in faces})
    by_width = {name: [face for face in faces if in_range(face.width, name)] for name in WIDTHS}
    by_source = {name: [face for face in faces if face.source == name] for name in sources}
    return {
        **rates(faces),
        'by_width': {name: rates(members) for name, members in by_width.items()},
        'by_source': {name: rates(members) for name, members in by_source.items()},
        'confusion': _confusion(faces),
        'ranking': {
            label: _ranking(labels == index, probabilities[:, index])
            for index, label in enumerate(LABELS)
        },
        'calibration': calibration(probabilities, labels, temperature),
        'states': _states(faces, settings),
    }


def rates(faces: Sequence[ObservedFace]) -> dict[str, Any]:
    """Return accuracy, precision and recall; the prediction is the likeliest class."""
    predicted = [face.predicted for face in faces]
    true = [face.label for face in faces]
    pairs = list(zip(true, predicted, strict=True))
    right = [label for label, prediction in pairs if label == prediction]
    return {
        'faces': len(faces),
        'accuracy': rate(len(right), len(faces)),
        'classes': {
            label: {
                'precision': rate(right.count(index), predicted.count(index)),
                'recall': rate(right.count(index), true.count(index)),
                'not_called_mask': rate(
                    sum(
                        label_index == index and LABELS[prediction] != 'mask'
                        for label_index, prediction in pairs
                    ),
                    true.count(index),
                ),
            }
            for index, label in enumerate(LABELS)
        },
    }


def _confusion(faces: Sequence[ObservedFace]) -> list[list[int]]:
    """Return the confusion matrix: true classes in rows, predicted ones in columns, as LABELS."""
    counts = np.zeros((len(LABELS), len(LABELS)), int)
    for face in faces:
        counts[face.label, face.predicted] += 1
    rows: list[list[int]] = counts.tolist()
    return rows


def _ranking(positive: np.ndarray, scores: np.ndarray) -> dict[str, float | None]:
    """Return how well the probability of a class ranks faces; None if nothing can be ranked."""
    if not positive.any() or positive.all() or np.ptp(scores) == 0.0:
        return {'roc_auc': None, 'average_precision': None}
    return {
        'roc_auc': round(float(roc_auc_score(positive, scores)), DIGITS),
        'average_precision': round(float(average_precision_score(positive, scores)), DIGITS),
    }


def _states(faces: Sequence[ObservedFace], settings: DetectorSettings) -> dict[str, dict[str, int]]:
    """Count the faces of each class by their mask state."""
    counts = {label: Counter({state.name: 0 for state in MaskState}) for label in LABELS}
    for face in faces:
        counts[LABELS[face.label]][state_of(face.probabilities, settings).name] += 1
    return {label: dict(counter) for label, counter in counts.items()}


def state_of(probabilities: Sequence[float], settings: DetectorSettings) -> MaskState:
    """Return the mask state of a face by the thresholds of the settings."""
    mask, incorrect = (probabilities[LABELS.index(label)] for label in ('mask', 'incorrect'))
    return mask_state(mask, incorrect, settings)
