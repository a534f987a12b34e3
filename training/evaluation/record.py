# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Stores an evaluation in the description of the model, from which the model card is made."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.outputs.files import write_atomically
from training.json_files import write_json

CHARTS = ('ranking', 'reliability')


def record(
    description: ModelDescription, result: Mapping[str, Any], charts: Mapping[str, bytes]
) -> None:
    """Store the main results as `metrics.evaluation` of the description, with charts beside it.

    Args:
        description: Description of the model that was measured.
        result: Content of the JSON report.
        charts: PNG files of the report. Those of scenes are stored, or else those of crops.

    Raises:
        OutputError: A file cannot be written.
    """
    evaluation = copy.deepcopy(
        {key: result[key] for key in ('made', 'data', 'settings', 'own', 'peers')}
    )
    evaluation['made']['backend'] = result['model']['backend']
    del evaluation['data']['problems']
    for model in (evaluation['own'], *evaluation['peers']):
        for kind in ('scenes', 'crops'):
            if kind in model:
                del model[kind]['classifier']['calibration']['bins']
    kind = 'scenes' if 'scenes' in result['own'] else 'crops'
    pictures = {}
    for chart in CHARTS:
        if f'{kind}_{chart}' in charts:
            name = f'{description.path.stem}_{chart}.png'
            write_atomically(description.path.with_name(name), charts[f'{kind}_{chart}'])
            pictures[chart] = name
    evaluation['pictures'] = pictures
    content = dict(description.content)
    metrics = {**content.get('metrics', {}), 'evaluation': evaluation}
    # An earlier version stored the same measurement under this key.
    metrics.pop('scenes', None)
    content['metrics'] = metrics
    write_json(description.path, content)
