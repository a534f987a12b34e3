# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Faces found and called in whole photos, computed by hand."""

from __future__ import annotations

import pytest

from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import Box, FaceDetection
from training.annotations import LabelledFace
from training.evaluation.observations import ObservedScene, Prediction
from training.evaluation.pipeline import pipeline

MASK, INCORRECT, NO_MASK = range(3)
SURE_MASK, SURE_BARE, UNSURE = (0.9, 0.05, 0.05), (0.05, 0.05, 0.9), (0.5, 0.0, 0.5)


def box(left: float, width: float = 100.0) -> Box:
    return Box(left, 0.0, left + width, width)


def predicted(left: float, score: float, said: tuple, width: float = 100.0) -> Prediction:
    return Prediction(FaceDetection(box(left, width), score), said)


FIRST = ObservedScene(
    'a.jpg',
    'scenes',
    640,
    (
        LabelledFace(NO_MASK, box(0)),
        LabelledFace(NO_MASK, box(200)),
        LabelledFace(MASK, box(400)),
        LabelledFace(NO_MASK, box(600, 10)),  # too narrow to count
    ),
    (
        predicted(0, 0.9, SURE_BARE),
        predicted(200, 0.8, SURE_MASK),
        predicted(500, 0.7, SURE_BARE),  # nobody labelled it
        predicted(600, 0.6, SURE_BARE, 10),
    ),
    (
        predicted(0, 0.9, SURE_BARE),
        predicted(200, 0.8, SURE_MASK),
        predicted(500, 0.7, SURE_BARE),
        predicted(600, 0.6, SURE_BARE, 10),
        predicted(400, 0.3, SURE_MASK),
    ),
)
SECOND = ObservedScene(
    'b.jpg',
    'scenes',
    640,
    (
        LabelledFace(NO_MASK, box(0)),
        LabelledFace(MASK, box(200, 30)),
        LabelledFace(NO_MASK, box(500)),  # nobody sees it
    ),
    (predicted(0, 0.9, UNSURE), predicted(400, 0.6, SURE_BARE, 40)),
    (),
)


@pytest.fixture(scope='module')
def result() -> dict:
    return pipeline([FIRST, SECOND], DetectorSettings())


def counts(rate: dict) -> tuple[int, int]:
    return rate['right'], rate['of']


def test_found(result: dict) -> None:
    assert result['photos'] == 2
    assert counts(result['found']['near']['no_mask']) == (3, 4)
    assert counts(result['found']['near']['mask']) == (0, 1)
    assert counts(result['found']['far']['mask']) == (0, 1)
    assert result['found']['near']['incorrect']['rate'] is None


def test_near_unmasked_people(result: dict) -> None:
    noticed = {key: counts(rate) for key, rate in result['near_unmasked'].items()}
    assert noticed == {'found': (3, 4), 'not_called_mask': (2, 4), 'alerted': (1, 4)}


def test_false_alarms(result: dict) -> None:
    # 100 of 640 pixels is near, 40 is not.
    assert result['unlabelled_faces_found_per_photo'] == 1.0
    assert result['false_alarms_per_photo'] == 0.5


def test_photos(result: dict) -> None:
    assert counts(result['photos_with_alert']['where_due']) == (1, 2)
    assert result['photos_with_alert']['where_not_due']['of'] == 0


def test_average_precision_of_faces(result: dict) -> None:
    # Of six labelled faces that count: hit, hit, miss, (narrow one left out), hit at 3/4.
    assert result['average_precision']['face'] == pytest.approx((1 + 1 + 3 / 4) / 6, abs=1e-5)


def test_average_precision_of_a_class(result: dict) -> None:
    # By score times P(mask): 0.72 (bare, wrong), 0.27 (right), and others below; two are labelled.
    assert result['average_precision']['mask'] == pytest.approx(1 / 2 / 2, abs=1e-5)
    assert result['average_precision']['incorrect'] is None


def test_no_photos() -> None:
    result = pipeline([], DetectorSettings())
    assert result['false_alarms_per_photo'] is None
    assert result['average_precision']['face'] is None
