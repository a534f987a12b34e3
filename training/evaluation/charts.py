# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The report's charts as PNG files. The same numbers give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter
from sklearn.metrics import precision_recall_curve, roc_curve

from mask_proximity.core.types import LABELS
from training.evaluation.observations import ObservedFace, columns

COLORS = {'mask': '#2f6b2a', 'incorrect': '#b97a00', 'no_mask': '#b3261e'}
WORDS = {'mask': 'mask', 'incorrect': 'worn incorrectly', 'no_mask': 'no mask'}
_INK, _FAINT = '#1f3a5f', '#9aa3ae'


def ranking(faces: Sequence[ObservedFace], numbers: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Draw the ROC curve and the precision-recall curve of each class.

    Args:
        faces: The observed faces.
        numbers: Areas under the curves: 'ranking' of what `classification` returns.
    """
    labels, probabilities = columns(faces)
    figure = Figure(figsize=(10.4, 4.3), dpi=110, layout='constrained')
    left, right = figure.subplots(1, 2)
    for index, label in enumerate(LABELS):
        areas = numbers[label]
        if areas['roc_auc'] is None:
            continue
        positive, scores = labels == index, probabilities[:, index]
        false, true, _ = roc_curve(positive, scores)
        left.plot(
            false, true, color=COLORS[label], label=f'{WORDS[label]}, AUC {areas["roc_auc"]:.4f}'
        )
        precision, recall, _ = precision_recall_curve(positive, scores)
        right.plot(
            recall,
            precision,
            color=COLORS[label],
            label=f'{WORDS[label]}, AP {areas["average_precision"]:.4f}',
        )
    _finish(left, 'ROC: each class against the rest', 'false positive rate', 'true positive rate')
    _finish(right, 'Precision over recall', 'recall', 'precision')
    for axes in (left, right):
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(0.0, 1.02)
    left.legend(loc='lower right', frameon=False)
    right.legend(loc='lower left', frameon=False)
    return _png(figure)


def reliability(calibration: Mapping[str, Any]) -> bytes:
    """Draw the reliability diagram: accuracy over the probability of the likeliest class.

    Args:
        calibration: 'calibration' of what `classification` returns.
    """
    bins = calibration['bins']
    figure = Figure(figsize=(5.6, 4.3), dpi=110, layout='constrained')
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    above.plot([0, 1], [0, 1], color=_FAINT, linestyle='--', linewidth=1, label='as it should be')
    confidences = [each['confidence'] for each in bins]
    above.plot(
        confidences,
        [each['accuracy'] for each in bins],
        color=_INK,
        marker='o',
        label=f'ECE {calibration["ece"]:.4f}',
    )
    faces = [each['faces'] for each in bins]
    below.bar(confidences, faces, width=0.03, color=_INK)
    below.set_yscale('log')
    below.yaxis.set_major_formatter(ScalarFormatter())
    below.yaxis.set_minor_formatter(NullFormatter())
    _finish(above, 'Reliability', '', 'right')
    _finish(below, '', 'probability of the likeliest class', 'faces')
    low = min([0.4, *(min(each['confidence'], each['accuracy']) - 0.05 for each in bins)])
    above.set_xlim(max(0.0, low), 1.02)
    above.set_ylim(max(0.0, low), 1.02)
    above.legend(loc='upper left', frameon=False)
    return _png(figure)


def history(phases: Mapping[str, Sequence[Mapping[str, float]]]) -> bytes:
    """Draw loss and accuracy by epoch, one phase of the training after the other.

    Args:
        phases: Epochs by the name of the phase. An epoch has 'loss', 'accuracy', 'val_loss' and
            'val_accuracy'.
    """
    figure = Figure(figsize=(10.4, 3.6), dpi=110, layout='constrained')
    for axes, key in zip(figure.subplots(1, 2), ('loss', 'accuracy'), strict=True):
        start = 0
        for number, (name, epochs) in enumerate(phases.items()):
            numbers = range(start + 1, start + 1 + len(epochs))
            for which, color in ((key, _FAINT), (f'val_{key}', _INK)):
                axes.plot(
                    numbers,
                    [epoch[which] for epoch in epochs],
                    color=color,
                    marker='.',
                    label=None if number else ('val' if which.startswith('val') else 'train'),
                )
            if number:
                axes.axvline(start + 0.5, color=_FAINT, linewidth=0.8, linestyle=':')
            if len(phases) > 1:
                axes.annotate(
                    name.replace('_', ' '),
                    (start + 0.7, 1.0),
                    xycoords=axes.get_xaxis_transform(),
                    verticalalignment='top',
                    fontsize=8,
                    color='#5b6675',
                )
            start += len(epochs)
        _finish(axes, '', 'epoch', 'cross-entropy' if key == 'loss' else key)
        axes.legend(loc='center right', frameon=False)
    return _png(figure)


def _finish(axes: Axes, title: str, x: str, y: str) -> None:
    if title:
        axes.set_title(title, loc='left', fontsize=11, fontweight='bold')
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25)
    axes.spines[['top', 'right']].set_visible(False)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # Without the version of the software, which would change the bytes.
    figure.savefig(buffer, format='png', metadata={'Software': None})
    return buffer.getvalue()
