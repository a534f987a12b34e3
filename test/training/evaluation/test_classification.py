# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Rates, confusion, ranking and states of faces, computed by hand."""

from __future__ import annotations

import pytest

from mask_proximity.core.settings.nodes import DetectorSettings
from training.evaluation.aims import AIMS, compared
from training.evaluation.classification import classification
from training.evaluation.observations import ObservedFace

MASK, INCORRECT, NO_MASK = range(3)


def face(label: int, width: float, *probabilities: float, source: str = 'a') -> ObservedFace:
    return ObservedFace('x', source, label, width, probabilities)


FACES = [
    face(MASK, 150.0, 0.9, 0.05, 0.05),
    face(MASK, 100.0, 0.8, 0.1, 0.1),
    face(MASK, 30.0, 0.3, 0.1, 0.6),
    face(NO_MASK, 60.0, 0.1, 0.1, 0.8),
    face(NO_MASK, 59.9, 0.6, 0.0, 0.4, source='b'),
    face(INCORRECT, 70.0, 0.7, 0.2, 0.1),
    face(INCORRECT, 70.0, 0.05, 0.15, 0.8),
    face(NO_MASK, 20.0, 0.0, 0.0, 1.0),
]


@pytest.fixture(scope='module')
def result() -> dict:
    return classification(FACES, DetectorSettings(), 1.0)


def counts(rate: dict) -> tuple[int, int]:
    return rate['right'], rate['of']


def test_rates_by_class(result: dict) -> None:
    assert counts(result['accuracy']) == (4, 8)
    classes = result['classes']
    assert counts(classes['mask']['recall']) == (2, 3)
    assert counts(classes['mask']['precision']) == (2, 4)
    assert counts(classes['no_mask']['recall']) == (2, 3)
    assert counts(classes['no_mask']['precision']) == (2, 4)
    assert counts(classes['incorrect']['recall']) == (0, 2)
    assert classes['incorrect']['precision']['rate'] is None
    assert counts(classes['incorrect']['not_called_mask']) == (1, 2)


def test_slices(result: dict) -> None:
    faces = {name: rates['faces'] for name, rates in result['by_width'].items()}
    assert faces == {'near': 5, '> 120 px': 1, '60-120 px': 4, 'far': 2, '< 24 px': 1}
    assert counts(result['by_width']['near']['classes']['mask']['recall']) == (2, 2)
    assert counts(result['by_width']['far']['classes']['no_mask']['recall']) == (0, 1)
    assert {name: rates['faces'] for name, rates in result['by_source'].items()} == {'a': 7, 'b': 1}


def test_confusion(result: dict) -> None:
    assert result['confusion'] == [[2, 0, 1], [1, 0, 1], [1, 0, 2]]


def test_ranking(result: dict) -> None:
    # Of 3 masks x 5 others, the mask at 0.3 is below 0.6 and 0.7.
    assert result['ranking']['mask']['roc_auc'] == pytest.approx(13 / 15, abs=1e-5)
    # Masks are first, second and fifth.
    assert result['ranking']['mask']['average_precision'] == pytest.approx(
        (1 + 1 + 3 / 5) / 3, abs=1e-5
    )


def test_a_class_that_the_model_does_not_know_is_not_ranked() -> None:
    two = [face(MASK, 90.0, 0.9, 0.0, 0.1), face(INCORRECT, 90.0, 0.4, 0.0, 0.6)]
    ranking = classification(two, DetectorSettings(), 1.0)['ranking']
    assert ranking['incorrect']['roc_auc'] is None
    assert ranking['mask']['roc_auc'] == 1.0


def test_states(result: dict) -> None:
    assert result['states'] == {
        'mask': {'UNSURE': 1, 'MASK': 2, 'NO_MASK': 0, 'INCORRECT': 0},
        'incorrect': {'UNSURE': 1, 'MASK': 0, 'NO_MASK': 1, 'INCORRECT': 0},
        'no_mask': {'UNSURE': 1, 'MASK': 0, 'NO_MASK': 2, 'INCORRECT': 0},
    }


def test_calibration(result: dict) -> None:
    # One bin each but for four faces between 0.73 and 0.8, three of them right, and 0.6, twice.
    # |sum of right - sum of confidence| by bin over 8 faces:
    # 0.6, 0.6: 0 - 1.2; 0.7: 0 - 0.7; 0.8 x 3: 2 - 2.4; 0.9: 1 - 0.9; 1.0: 1 - 1.0
    assert result['calibration']['ece'] == pytest.approx((1.2 + 0.7 + 0.4 + 0.1) / 8, abs=1e-4)
    assert result['calibration']['ece_uncalibrated'] == pytest.approx(
        result['calibration']['ece'], abs=1e-4
    )
    assert sum(each['faces'] for each in result['calibration']['bins']) == 8


def test_the_temperature_is_undone_for_the_error_without_it() -> None:
    # 0.9 : 0.1 came of 0.75 : 0.25 by squaring, i.e. by a temperature of 1/2.
    faces = [face(MASK, 90.0, 0.9, 0.0, 0.1)]
    calibration = classification(faces, DetectorSettings(), 0.5)['calibration']
    assert calibration['ece'] == pytest.approx(0.1, abs=1e-4)
    assert calibration['ece_uncalibrated'] == pytest.approx(0.25, abs=1e-4)


def test_aims(result: dict) -> None:
    rows = compared(result)
    assert [(counts(row), row['reached']) for row in rows] == [
        ((2, 2), True),
        ((1, 1), True),
        ((0, 1), False),
        ((0, 1), False),
        ((1, 2), False),
    ]
    assert [row['least'] for row in rows] == [aim.least for aim in AIMS]
    empty = compared(classification([], DetectorSettings(), 1.0))
    assert [row['reached'] for row in empty] == [None] * len(AIMS)
