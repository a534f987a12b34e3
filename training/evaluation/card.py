# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The section of the model card about a recorded evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mask_proximity.core.types import LABELS
from training.evaluation.charts import WORDS
from training.markdown import interval, table


def evaluation_lines(evaluation: Mapping[str, Any]) -> list[str]:
    """Return the lines of the section.

    Args:
        evaluation: `metrics.evaluation` of a description, see evaluation.record.
    """
    own, data = evaluation['own'], evaluation['data']
    part = f"the part '{data['part']}' of the split, " if data['part'] else ''
    lines = [
        f'Measured on {evaluation["made"]["date"]} by `python -m training.evaluate` on {part}'
        f'backend {evaluation["made"]["backend"]}, with the default settings and the boxes of the '
        "project's own face detector. In brackets: the counts, and the 95 % interval (Wilson).",
    ]
    if 'scenes' in own:
        lines += ['', '#### On whole scenes', *_scenes(own['scenes'], data['scenes'])]
    for chart, words in (
        ('ranking', 'ROC curves, and precision over recall'),
        ('reliability', 'Share of right answers over the probability given'),
    ):
        if chart in evaluation['pictures']:
            lines += ['', f'![{words}]({evaluation["pictures"][chart]})']
    if 'crops' in own:
        lines += ['', '#### On crops', *_crops(own['crops'])]
    if evaluation['peers']:
        lines += ['', '#### Beside others', *_others([own, *evaluation['peers']])]
    return lines


def _scenes(scenes: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    classifier, whole = scenes['classifier'], scenes['pipeline']
    near = whole['near_unmasked']
    alerts = whole['photos_with_alert']
    precisions = whole['average_precision']
    marks = {True: 'reached', False: 'not reached', None: 'no such face'}
    return [
        '',
        f'{data["photos"]} photos with {sum(data["faces"].values())} labelled faces, of which '
        f'{classifier["faces"]} were found.',
        '',
        *table(
            ['aim', 'at least', 'measured', ''],
            [
                (
                    row['what'],
                    f'{100 * row["least"]:.1f} %',
                    interval(row),
                    marks[row['reached']],
                )
                for row in scenes['aims']
            ],
        ),
        '',
        *_slices(classifier),
        '',
        'Which class is taken for which, all widths:',
        '',
        *table(
            ['labelled', *(f'called {WORDS[label]}' for label in LABELS)],
            [
                (WORDS[label], *row)
                for label, row in zip(LABELS, classifier['confusion'], strict=True)
            ],
        ),
        '',
        'By the default thresholds:',
        '',
        *table(
            ['labelled', 'MASK', 'INCORRECT', 'NO_MASK', 'UNSURE'],
            [
                (
                    WORDS[label],
                    *(counts[state] for state in ('MASK', 'INCORRECT', 'NO_MASK', 'UNSURE')),
                )
                for label, counts in classifier['states'].items()
            ],
        ),
        '',
        f'Expected calibration error on these faces: {_error(classifier["calibration"])}.',
        '',
        'The whole pipeline:',
        '',
        *table(
            ['labelled faces found', *(WORDS[label] for label in LABELS)],
            [
                (words, *(interval(whole['found'][width][label]) for label in LABELS))
                for width, words in (('near', 'near'), ('far', 'far'))
            ],
        ),
        '',
        f'- Of near people without a mask, {interval(near["found"])} are found, '
        f'{interval(near["not_called_mask"])} found and not called mask, '
        f'{interval(near["alerted"])} found and called no mask or incorrect.',
        f'- ALERT in {interval(alerts["where_due"])} of the photos that show somebody near and not '
        f'masked right, and in {interval(alerts["where_not_due"])} of the others.',
        f'- {whole["false_alarms_per_photo"]:.3f} detections a photo match no label and would '
        'cause ALERT: an upper bound of the false alarms, since most are people whom nobody '
        'labelled.',
        '- Average precision at IoU 0.5: '
        + ', '.join(
            f'{WORDS.get(key, key)} {value:.3f}'
            for key, value in precisions.items()
            if key != 'iou' and value is not None
        )
        + ' (lower bounds, for the same reason).',
    ]


def _slices(classifier: Mapping[str, Any]) -> list[str]:
    slices = {'all': classifier, **classifier['by_width']}
    if len(classifier['by_source']) > 1:
        slices.update(classifier['by_source'])
    head = ['faces']
    for label in LABELS:
        head += [f'{WORDS[label]}: recall', 'precision']
    rows = []
    for name, block in slices.items():
        if block['faces']:
            cells = []
            for label in LABELS:
                cells += [
                    interval(block['classes'][label][measure])
                    for measure in ('recall', 'precision')
                ]
            rows.append((_WIDTHS.get(name, name), *cells))
    return table(head, rows)


_WIDTHS = {'near': 'near, from 60 px', 'far': 'far, 24 to 60 px'}


def _crops(crops: Mapping[str, Any]) -> list[str]:
    batches = crops['batches']
    return [
        '',
        *_slices(crops['classifier']),
        '',
        f"The tutorial's accuracy of a batch: {100 * batches['mean']:.2f} % on average over "
        f'{batches["batches"]} batches of {batches["size"]}, {100 * batches["min"]:.2f} % in the '
        f'worst one. Expected calibration error: {_error(crops["classifier"]["calibration"])}.',
    ]


def _error(calibration: Mapping[str, Any]) -> str:
    if calibration['ece'] is None:
        return 'unknown'
    words = f'{calibration["ece"]:.4f}'
    if calibration['ece_uncalibrated'] != calibration['ece']:
        words += f', and {calibration["ece_uncalibrated"]:.4f} without the temperature'
    return words


def _others(models: list[Mapping[str, Any]]) -> list[str]:
    rows = []
    for model in models:
        if 'scenes' in model:
            widths = model['scenes']['classifier']['by_width']
            whole = model['scenes']['pipeline']
            rows.append(
                (
                    model['name'],
                    *(
                        interval(widths[width]['classes'][label]['recall'])
                        for width in ('near', 'far')
                        for label in ('mask', 'no_mask')
                    ),
                    interval(widths['near']['classes']['incorrect']['not_called_mask']),
                    interval(whole['near_unmasked']['not_called_mask']),
                )
            )
    return [
        '',
        'On the same scenes, each with its own face detector, if it has one. People whom a model '
        'does not find count against it in the last column only.',
        '',
        *table(
            [
                'model',
                'near: mask',
                'near: no mask',
                'far: mask',
                'far: no mask',
                'near, worn incorrectly: not called mask',
                'near unmasked: found and not called mask',
            ],
            rows,
        ),
    ]
