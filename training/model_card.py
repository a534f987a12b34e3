# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Make models/README.md out of the descriptions of the models.

Run it as `python -m training.model_card models`; with `--check` it only compares.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mask_proximity.core.errors import MaskProximityError, ModelError
from mask_proximity.core.masks import LABELS
from mask_proximity.core.models import MASK_CLASSIFIER, ModelDescription

SOURCES = {
    'abcom': (
        'tight face crops of the tutorial that this project grew from '
        '(abcom-mltutorials/mask_detector on GitHub; no licence stated). Mostly East Asian faces, '
        'many of public figures; masks are mostly black or surgical.'
    ),
    'extra': (
        'faces and half-body photos (chandrikadeb7/Face-Mask-Detection on GitHub; MIT), less those '
        'that are also in abcom. Mixed faces, some stock photos, some masks drawn in.'
    ),
}
"""What is known of the data; it is not part of this repository."""


def row(*cells: object) -> str:
    """A line of a Markdown table."""
    return '| ' + ' | '.join(str(cell) for cell in cells) + ' |'


def percent(right: int, of: int) -> str:
    """A rate with its counts."""
    return f'{100 * right / of:.1f} % ({right} of {of})' if of else '–'


def files_table(descriptions: Sequence[ModelDescription]) -> list[str]:
    """A row for each file of each model; the files are verified on the way."""
    lines = [row('file', 'bytes', 'sha256', 'licence', 'source'), row(*['---'] * 5)]
    for description in descriptions:
        licence, source = description.get('licence', str), description.get('source', str)
        for role, entry in description.content['files'].items():
            description.read(role)
            lines.append(
                row(f'`{entry["file"]}`', entry['bytes'], f'`{entry["sha256"]}`', licence, source)
            )
    return lines


def scores_table(metrics: dict[str, Any]) -> list[str]:
    """What was measured on crops."""
    rows = {
        'val, as it is': metrics['val'],
        'val, augmented once': metrics['val_augmented'],
        '**test**': metrics['test'],
    }
    for source, each in metrics['test'].get('by_source', {}).items():
        rows[f'test, {source} only'] = each
    labels = [label for label in LABELS if label in metrics['val']]
    titles = [f'{label.replace("_", " ")} right' for label in labels]
    lines = [row('crops', 'all right', *titles), row(*['---'] * (2 + len(titles)))]
    for name, each in rows.items():
        by_class = [each.get(label, {'right': 0, 'of': 0}) for label in labels]
        right, of = (sum(counts[key] for counts in by_class) for key in ('right', 'of'))
        lines.append(
            row(
                name,
                percent(right, of),
                *(percent(counts['right'], counts['of']) for counts in by_class),
            )
        )
    return lines


def scenes_table(scenes: dict[str, Any]) -> list[str]:
    """What was measured on whole scenes."""
    widths = {'near': 'near, >= 60 px wide', 'far': 'far, 24 to 60 px wide'}
    lines = [
        row('faces', 'mask right', 'no mask right', 'worn incorrectly, called mask'),
        row(*['---'] * 4),
    ]
    for key, name in widths.items():
        counts = scenes[key]['counts']
        cells = [
            percent(counts[kind][label], counts[kind]['found'])
            for kind, label in (
                ('with_mask', 'mask'),
                ('without_mask', 'no_mask'),
                ('with_incorrect_mask', 'mask'),
            )
        ]
        lines.append(row(name, *cells))
    found = scenes['near']['counts']
    lines += [
        '',
        'Of the near labelled faces, the face detector finds '
        + ', '.join(
            f'{percent(found[kind]["found"], found[kind]["labelled"])} {words}'
            for kind, words in (
                ('with_mask', 'with a mask'),
                ('without_mask', 'without'),
                ('with_incorrect_mask', 'with one worn incorrectly'),
            )
        )
        + '; the others never reach the classifier and are not in the table.',
    ]
    return lines


def data_lines(training: dict[str, Any]) -> list[str]:
    """Who is in the data."""
    data = training['data']
    used: dict[str, Counter[str]] = {}
    for key, count in data['used'].items():
        source, split, label = key.rsplit('/', 2)
        used.setdefault(source, Counter())[f'{split} {label}'] += count
    lines = []
    for source, counts in sorted(used.items()):
        numbers = ', '.join(
            f'{split} {counts[f"{split} mask"]} + {counts[f"{split} no_mask"]}'
            for split in ('train', 'val', 'test')
        )
        note = SOURCES.get(source, 'nothing is written down about who is in it.')
        lines.append(f'- **{source}** (mask + no mask: {numbers}): {note}')
    skipped = sum(data['no_face_found_skipped'].values())
    whole = sum(data['no_face_found_whole_picture_taken'].values())
    duplicates = sum(data['near_duplicates_left_out_of_training'].values())
    return [
        *lines,
        '',
        f"Faces were cut out by the project's own detector and serving code. It found no face in "
        f'{skipped + whole} pictures: {skipped} were skipped, {whole} tight crops taken whole. '
        f'{len(data["unreadable"])} files could not be read. Near-duplicates (perceptual hash, '
        f'mirrored ones too) are on one side of the split only; {duplicates} were left out for it.',
    ]


def classifier_lines(description: ModelDescription) -> list[str]:
    """The card of the mask classifier."""
    content = description.content
    training, metrics, agreement = content['training'], content['metrics'], content['agreement']
    lines = [
        '## Mask classifier',
        '',
        f'{content["what"]}. Labels `{"`, `".join(content["labels"])}`; input: '
        'face box grown by crop_margin on every side, clamped, cut; BGR to RGB; resized to a '
        f'square; [0, 255] to [-1, 1]; crop margin {content["crop_margin"]}. Keras, LiteRT '
        f'and OpenCV differ by at most {agreement["largest_difference"]:.1e} in a probability on '
        f'{agreement["faces"]} val faces.',
        '',
        f'Trained on {training["date"]} with seed {training["seed"]}: {training["epochs"]} epochs '
        f'of the head over {training["variants"]} augmented variants of each picture. '
        f'{training["choices"].capitalize()}.',
        '',
        f'![Loss and accuracy by epoch]({content["name"]}_curves.png)',
        '',
        '### Intended use',
        '',
        'Telling whether a person near a robot wears a face mask, from one crop per face, as one '
        'input of a careful rule with its own thresholds and smoothing. Not for identifying or '
        'judging people, not for access control, and no certified safety function.',
        '',
        '### Measured',
        '',
        *scores_table(metrics),
    ]
    if 'scenes' in metrics:
        lines += [
            '',
            'On whole scenes, none of which was trained on or used for a choice '
            f'({metrics["scenes"]["what"]}):',
            '',
            *scenes_table(metrics['scenes']),
        ]
    return [
        *lines,
        '',
        '### Data',
        '',
        *data_lines(training),
        '',
        '### Limits',
        '',
        '- Two classes only: a mask that leaves the nose free mostly counts as a mask.',
        '- Not balanced by origin, age, sex, headwear or lighting, and not measured by any of '
        'these: expect it to do worse on whoever is rare in the data above.',
        '- Hands, scarves, beards, veils, face shields and printed masks are rare in the data.',
        '- Probabilities are not calibrated.',
        '- Crops are similar to each other; the figures on scenes are the ones to go by.',
    ]


def card(models: Path) -> str:
    """The text of README.md for a folder of models.

    Raises:
        ModelError: there is no model, or a file does not fit its description.
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
    """Write README.md, or check that it is up to date."""
    parser = argparse.ArgumentParser(
        prog='python -m training.model_card', description=(__doc__ or '').splitlines()[0]
    )
    parser.add_argument('models', type=Path, help='folder of the models')
    parser.add_argument('--check', action='store_true', help='write nothing, fail if out of date')
    arguments = parser.parse_args(argv)
    target = arguments.models / 'README.md'
    try:
        text = card(arguments.models)
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    if arguments.check:
        if target.is_file() and target.read_text(encoding='utf-8') == text:
            return 0
        print(
            f'error: {target} is out of date: run `python -m training.model_card '
            f'{arguments.models}`',
            file=sys.stderr,
        )
        return 1
    scratch = target.with_suffix('.part')
    scratch.write_text(text, encoding='utf-8')
    os.replace(scratch, target)
    return 0


if __name__ == '__main__':
    sys.exit(main())
