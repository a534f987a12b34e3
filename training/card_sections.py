# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The sections of the model card about training, data, calibration and exports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mask_proximity.core.types import LABELS
from training.markdown import percent, table

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
    'scenes': (
        'photos of one to many people, mostly in the street and the press '
        '(jolignier/face-mask-dataset-ilc-2021 on GitHub; no licence stated). Mixed faces; many '
        'are turned, small or half hidden, and not every face is labelled.'
    ),
}
"""Notes on the data, by the last part of a source; the data is not part of this repository."""

LEFT_OUT = {
    'no_face_found_skipped': 'pictures skipped, since no face was found',
    'no_face_found_whole_picture_taken': 'tight crops taken whole, since no face was found',
    'no_face_found_box_of_the_annotation_taken': (
        'faces of scenes that the detector missed, cut by their labels as the detector would'
    ),
    'too_small_skipped': 'faces too small to learn from',
    'near_duplicates_left_out_of_training': (
        'faces left out because val or test has a near-duplicate'
    ),
    'boxes_left_out': 'labelled boxes that show no face to learn from',
    'unreadable': 'files that could not be used',
}
"""Descriptions of the data that was left out, by the keys of training.sources.Report."""


def scores_table(metrics: Mapping[str, Any], labels: Sequence[str]) -> list[str]:
    """Return the table of what training itself measured on val and test."""
    rows = {
        words: metrics[key]
        for key, words in (
            ('val', 'val, as it is'),
            ('val_augmented', 'val, augmented once'),
            ('test', '**test**'),
        )
        if key in metrics
    }
    for source, each in metrics.get('test', {}).get('by_source', {}).items():
        rows[f'test, {source} only'] = each

    def cells(each: Mapping[str, Any]) -> list[str]:
        by_class = [each.get(label, {'right': 0, 'of': 0}) for label in labels]
        right, of = (sum(counts[key] for counts in by_class) for key in ('right', 'of'))
        return [percent(right, of), *(percent(each['right'], each['of']) for each in by_class)]

    return table(
        ['faces', 'all right', *(f'{label.replace("_", " ")} right' for label in labels)],
        [(name, *cells(each)) for name, each in rows.items()],
    )


def exports_lines(content: Mapping[str, Any]) -> list[str]:
    """Return the section about the size, speed and accuracy of each file, and the default."""
    exports, default = content['exports'], content['default']
    parts = [part for part in ('val', 'test') if part in exports['table']['keras']]
    head = ['file', 'bytes', 'ms a face, 1 thread', '2 threads']
    for part in parts:
        head += [f'right on {part}', f'largest difference on {part}']
    rows = []
    for role, row in exports['table'].items():
        times = row.get('ms', {})
        cells: list[object] = [times.get('1', '–'), times.get('2', '–')]
        for part in parts:
            cells += [f'{100 * row[part]["accuracy"]:.2f} %', row[part]['largest_difference']]
        name = f'**{role}**' if role == default['chosen'] else role
        rows.append((name, row['bytes'], *cells))
    return [
        '### Files',
        '',
        *table(head, rows),
        '',
        f'Timed on {exports["machine"]}; right is {exports["right"]}, the difference is that in a '
        'probability from Keras. LiteRT runs '
        f'`{default["chosen"]}` by default, chosen by this rule: {default["rule"]}.',
    ]


def calibration_lines(calibration: Mapping[str, Any]) -> list[str]:
    """Return the section about the temperature and its effect."""
    errors = [
        f'{words} {calibration[f"{key}_before"]:.4f} before and {calibration[f"{key}_after"]:.4f} '
        'after'
        for key, words in (
            ('ece', 'of the likeliest class'),
            ('ece_mask', 'of P(mask), which the thresholds are compared with,'),
        )
        if f'{key}_before' in calibration
    ]
    return [
        '### Calibration',
        '',
        f'A temperature of {calibration["temperature"]:.3f}, fitted on '
        f'{calibration.get("faces", "the")} faces of {calibration["on"]}. Expected calibration '
        f'error there: {"; ".join(errors)}.',
    ]


def data_lines(training: Mapping[str, Any]) -> list[str]:
    """Return the section about the data and its split."""
    data = training['data']
    used: dict[str, Counter[str]] = {}
    for key, count in data['used'].items():
        source, split, label = key.rsplit('/', 2)
        used.setdefault(source, Counter())[f'{split} {label}'] += count
    there = {key.rsplit('/', 1)[1] for key in data['used']}
    labels = [label for label in LABELS if label in there]
    rows = [
        (
            source,
            *(
                ' + '.join(str(counts[f'{split} {label}']) for label in labels)
                for split in ('train', 'val', 'test')
            ),
        )
        for source, counts in sorted(used.items())
    ]
    lines = [
        f'Faces by source, {" + ".join(label.replace("_", " ") for label in labels)}:',
        '',
        *table(['source', 'train', 'val', 'test'], rows),
        '',
    ]
    for source in sorted(used):
        name = source.rpartition('/')[2]
        note = SOURCES.get(name, 'nothing is written down about who is in it.')
        lines.append(f'- **{name}**: {note}')
    counts = {
        key: len(value) if isinstance(value, list) else sum(value.values())
        for key, value in data.items()
        if key in LEFT_OUT
    }
    left_out = [f'{counts[key]} {words}' for key, words in LEFT_OUT.items() if counts.get(key)]
    lines += [
        '',
        "Faces were cut out by the project's own detector and serving code. Near-duplicates "
        '(perceptual hash, mirrored ones too) are on one side of the split only.'
        + (f' {"; ".join(left_out)}.' if left_out else ''),
    ]
    return [*lines, *_split_lines(training)]


def _split_lines(training: Mapping[str, Any]) -> list[str]:
    digests = training['data'].get('sha256', {})
    split = training.get('split')
    if split is None:
        return []
    made = (
        f'It is the split `{split}` with seed {training["seed"]}; `python -m training.split` '
        'writes it down.'
        if split in ('honest', 'plain')
        else f'The split stands in `{split}`.'
    )
    hashes = ', '.join(f'{part} `{digest[:16]}…`' for part, digest in digests.items())
    return ['', f'{made} sha256 of the faces: {hashes}.']


def training_lines(content: Mapping[str, Any]) -> list[str]:
    """Return the section about how the model was trained."""
    training = content['training']
    if 'history' in training:
        epochs = ', '.join(
            f'{len(epochs)} of {name.replace("_", " ")}'
            for name, epochs in training['history'].items()
        )
        how = f'{epochs} (epochs)'
    else:
        how = f'{training["epochs"]} epochs of the head'
        if 'variants' in training:
            how += f' over {training["variants"]} augmented variants of each picture'
    commit = f', commit `{training["commit"]}`' if training.get('commit') else ''
    lines = [
        f'Trained on {training["date"]} with seed {training["seed"]}{commit}: {how}. '
        f'{training["choices"][0].upper()}{training["choices"][1:]}.',
    ]
    agreement = content.get('agreement')
    if agreement:
        lines += [
            '',
            f'On {agreement["faces"]} faces, the float32 files of Keras, LiteRT and ONNX differ by '
            f'at most {agreement["largest_difference"]:.1e} in a probability.',
        ]
    return [*lines, '', f'![Loss and accuracy by epoch]({content["name"]}_curves.png)']
