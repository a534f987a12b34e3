# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything that is counted of the answers of one model."""

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
    """The numbers of a model.

    Args:
        seen: what it said.
        settings: of the rule that turns probabilities into states and levels.
        temperature: that its probabilities are calibrated with.

    Returns:
        'name', and 'scenes' and 'crops' as far as there were any.
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
