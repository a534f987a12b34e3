# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The tutorial's accuracy of a batch."""

from __future__ import annotations

from training.evaluation.batches import batch_accuracy
from training.evaluation.observations import ObservedFace


def crops(*right: bool) -> list[ObservedFace]:
    return [
        ObservedFace(f'{number}.jpg', '', 0, 90.0, (0.8, 0.0, 0.2) if good else (0.1, 0.0, 0.9))
        for number, good in enumerate(right)
    ]


def test_mean_and_worst() -> None:
    # Whatever the order: one of the two batches holds the mistake.
    assert batch_accuracy(crops(True, False, True, True), 2) == {
        'size': 2,
        'batches': 2,
        'mean': 0.75,
        'min': 0.5,
    }


def test_what_is_left_over_makes_no_batch() -> None:
    result = batch_accuracy(crops(*[True] * 85), 40)
    assert result == {'size': 40, 'batches': 2, 'mean': 1.0, 'min': 1.0}


def test_few_crops_are_one_batch() -> None:
    assert batch_accuracy(crops(True, False, True, True)) == {
        'size': 4,
        'batches': 1,
        'mean': 0.75,
        'min': 0.75,
    }
    assert batch_accuracy([])['mean'] is None


def test_the_order_of_the_files_does_not_matter() -> None:
    mixed = crops(*[number % 3 > 0 for number in range(90)])
    assert batch_accuracy(mixed) == batch_accuracy(mixed[::-1])
    assert batch_accuracy(mixed)['min'] < 1.0
