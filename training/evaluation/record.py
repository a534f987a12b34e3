# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Stores what was measured beside the model, where the model card takes it from."""

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
    """Put the essence of a result into the description as `metrics.evaluation`, and charts beside.

    Args:
        description: of the model that was measured.
        result: what the JSON file of the report holds.
        charts: PNG files of the report; those of scenes are kept, or else those of crops.

    Raises:
        OutputError: a file cannot be written.
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
    # What an earlier version stored of the same measurement.
    metrics.pop('scenes', None)
    content['metrics'] = metrics
    write_json(description.path, content)
