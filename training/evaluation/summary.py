# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""All metrics of one model."""

from __future__ import annotations

from typing import Any

from mask_proximity.core.settings.nodes import DetectorSettings
from training.evaluation.aims import compared
from training.evaluation.batches import batch_accuracy
from training.evaluation.classification import classification
from training.evaluation.observations import Observations
from training.evaluation.pipeline import pipeline


def summary(
    seen: Observations, settings: DetectorSettings, temperature: float = 1.0
) -> dict[str, Any]:
    """Compute all metrics of a model.

    Args:
        seen: Predictions of the model.
        settings: Settings that turn probabilities into mask states and alert levels.
        temperature: Temperature of the calibration; 1 for none.

    Returns:
        'name', and 'scenes' and 'crops' if there were any.
    """
    result: dict[str, Any] = {'name': seen.name}
    if seen.scenes:
        scenes = classification(seen.faces, settings, temperature)
        result['scenes'] = {
            'classifier': scenes,
            'aims': compared(scenes),
            'pipeline': pipeline(seen.scenes, settings),
        }
    if seen.crops:
        result['crops'] = {
            'classifier': classification(seen.crops, settings, temperature),
            'batches': batch_accuracy(seen.crops),
        }
    return result
