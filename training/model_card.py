# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Make models/README.md from the descriptions of the models.

Run it as `python -m training.model_card models`; with `--check` it only compares.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mask_proximity.core.errors import MaskProximityError, ModelError
from mask_proximity.core.models.description import MASK_CLASSIFIER, ModelDescription
from mask_proximity.core.outputs.files import write_atomically
from training.card_sections import (
    calibration_lines,
    data_lines,
    exports_lines,
    scores_table,
    training_lines,
)
from training.evaluation.card import evaluation_lines
from training.markdown import percent, table


def files_table(descriptions: Sequence[ModelDescription]) -> list[str]:
    """Return a table with a row for each file of each model; verifies the files."""
    rows: dict[str, Sequence[object]] = {}
    for description in descriptions:
        licence, source = description.get('licence', str), description.get('source', str)
        for role, entry in description.content['files'].items():
            description.read(role)
            name = str(entry['file'])
            # The default file has two roles; it gets one row.
            rows[name] = (f'`{name}`', entry['bytes'], f'`{entry["sha256"]}`', licence, source)
    return table(['file', 'bytes', 'sha256', 'licence', 'source'], rows.values())


def limits_lines(content: Mapping[str, Any]) -> list[str]:
    """Return the limits of this model."""
    metrics = content['metrics']
    measured = metrics.get('evaluation', {}).get('own', {})
    lines = []
    if 'incorrect' not in content['labels']:
        lines.append('Two classes only: a mask that leaves the nose free mostly counts as a mask.')
    elif 'scenes' in measured:
        near = measured['scenes']['classifier']['by_width']['near']['classes']['incorrect']
        share = near['not_called_mask']
        if share['of']:
            lines.append(
                'Of near masks worn incorrectly, '
                f'{percent(share["of"] - share["right"], share["of"])} are still called mask.'
            )
    lines += [
        'Not balanced by origin, age, sex, headwear or lighting, and not measured by any of these: '
        'expect it to do worse on whoever is rare in the data above.',
        'Hands, scarves, beards, veils, face shields and printed masks are rare in the data.',
    ]
    if content.get('temperature', 1.0) == 1.0:
        lines.append('Probabilities are not calibrated.')
    else:
        lines.append(
            'Probabilities are calibrated on pictures like those above; elsewhere they may promise '
            'too much.'
        )
    if 'scenes' in measured:
        lines.append(
            'Crops are similar to each other; the figures on scenes are the ones to go by.'
        )
    return [f'- {line}' for line in lines]


def classifier_lines(description: ModelDescription) -> list[str]:
    """Return the card of the mask classifier."""
    content = description.content
    metrics = content['metrics']
    lines = [
        '## Mask classifier',
        '',
        f'{content["what"]}. Labels `{"`, `".join(content["labels"])}`; input: the face box grown '
        f'by {content["crop_margin"]:g} of its size on every side, cut, resized to a square of '
        f'{content["input_size"]} pixels; RGB in [-1, 1].',
        '',
        *training_lines(content),
        '',
        '### Intended use',
        '',
        'Telling whether a person near a robot wears a face mask, from one crop per face, as one '
        'input of a careful rule with its own thresholds and smoothing. Not for identifying or '
        'judging people, not for access control, and no certified safety function.',
        '',
    ]
    if 'evaluation' in metrics:
        lines += ['### Measured', '', *evaluation_lines(metrics['evaluation']), '']
    lines += ['### Measured by training itself', '']
    lines += scores_table(metrics, content['labels'])
    if 'calibration' in content:
        lines += ['', *calibration_lines(content['calibration'])]
    if 'exports' in content:
        lines += ['', *exports_lines(content)]
    return [
        *lines,
        '',
        '### Data',
        '',
        *data_lines(content['training']),
        '',
        '### Limits',
        '',
        *limits_lines(content),
    ]


def card(models: Path) -> str:
    """Return the text of README.md for a folder of models.

    Raises:
        ModelError: There is no model, or a file does not match its description.
    """
    descriptions = [ModelDescription.load(path) for path in sorted(models.glob('*.json'))]
    if not descriptions:
        raise ModelError(f'{models}: there is no description of a model (*.json) in this folder')
    lines = [
        '<!-- Made by `python -m training.model_card models`; do not edit. -->',
        '',
        '# Models',
        '',
        'All that runs offline. Each file is verified against its description (`*.json`) when it '
        'is loaded.',
        '',
        *files_table(descriptions),
        '',
        *(f'- `{each.content["name"]}`: {each.get("what", str)}' for each in descriptions),
    ]
    for description in descriptions:
        if description.path.name == MASK_CLASSIFIER:
            lines += ['', *classifier_lines(description)]
    return '\n'.join(lines) + '\n'


def main(argv: Sequence[str] | None = None) -> int:
    """Write README.md, or check that it is up to date; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog='python -m training.model_card', description=(__doc__ or '').splitlines()[0]
    )
    parser.add_argument('models', type=Path, help='folder of the models')
    parser.add_argument('--check', action='store_true', help='write nothing, fail if out of date')
    arguments = parser.parse_args(argv)
    target = arguments.models / 'README.md'
    try:
        text = card(arguments.models)
        if not arguments.check:
            write_atomically(target, text.encode())
            return 0
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    if target.is_file() and target.read_text(encoding='utf-8') == text:
        return 0
    print(
        f'error: {target} is out of date: run `python -m training.model_card {arguments.models}`',
        file=sys.stderr,
    )
    return 1


if __name__ == '__main__':
    sys.exit(main())
