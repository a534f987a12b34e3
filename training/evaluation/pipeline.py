# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How well the whole pipeline does on whole photos: faces found and classified, alerts raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, Face, FaceDetection, Level, MaskState
from training.annotations import LabelledFace
from training.evaluation.classification import in_range, state_of
from training.evaluation.observations import ObservedScene, Prediction, matched
from training.evaluation.statistics import average_precision, rate

NO_MASK = LABELS.index('no_mask')


def pipeline(scenes: Sequence[ObservedScene], settings: DetectorSettings) -> dict[str, Any]:
    """Return all metrics of the pipeline on whole photos.

    Labelled faces narrower than `min_face_width` count neither as missed nor, if found, as wrong,
    since serving skips them.
    """
    outcomes = [outcome for scene in scenes for outcome in _outcomes(scene)]

    def predicted(label: int, width: str) -> list[Prediction | None]:
        return [
            prediction
            for face, prediction in outcomes
            if face.label == label and in_range(face.box.width, width)
        ]

    unlabelled = [(scene, each) for scene in scenes for each in _unmatched(scene)]
    alarms = [each for scene, each in unlabelled if _level(each, scene, settings) is Level.ALERT]
    return {
        'photos': len(scenes),
        'average_precision': {
            'iou': 0.5,
            'face': _precision(scenes, settings),
            **{label: _precision(scenes, settings, index) for index, label in enumerate(LABELS)},
        },
        'found': {
            width: {label: _found(predicted(index, width)) for index, label in enumerate(LABELS)}
            for width in ('near', 'far')
        },
        'near_unmasked': _noticed(predicted(NO_MASK, 'near'), settings),
        'unlabelled_faces_found_per_photo': _per(len(unlabelled), scenes),
        'false_alarms_per_photo': _per(len(alarms), scenes),
        'photos_with_alert': _photos(scenes, settings),
    }


def _found(predictions: Sequence[Prediction | None]) -> dict[str, Any]:
    return rate(sum(prediction is not None for prediction in predictions), len(predictions))


def _noticed(
    predictions: Sequence[Prediction | None], settings: DetectorSettings
) -> dict[str, dict[str, Any]]:
    """Return how many near unmasked faces are found, not classified as mask, and alerted."""
    states = [
        None if each is None else state_of(each.probabilities, settings) for each in predictions
    ]
    unmasked = (MaskState.NO_MASK, MaskState.INCORRECT)
    return {
        'found': _found(predictions),
        'not_called_mask': rate(
            sum(state not in (None, MaskState.MASK) for state in states), len(states)
        ),
        'alerted': rate(sum(state in unmasked for state in states), len(states)),
    }


def _photos(scenes: Sequence[ObservedScene], settings: DetectorSettings) -> dict[str, Any]:
    """Return how many photos raise ALERT: with an improperly masked person near, and without."""
    alerts: dict[bool, list[bool]] = {True: [], False: []}
    for scene in scenes:
        due = any(
            LABELS[face.label] != 'mask' and _is_near(face.box.width, scene, settings)
            for face in scene.labelled
        )
        alert = any(_level(each, scene, settings) is Level.ALERT for each in scene.predictions)
        alerts[due].append(alert)
    return {
        'where_due': rate(sum(alerts[True]), len(alerts[True])),
        'where_not_due': rate(sum(alerts[False]), len(alerts[False])),
    }


def _is_near(width: float, scene: ObservedScene, settings: DetectorSettings) -> bool:
    return width / scene.width > settings.alert_width_ratio


def _level(prediction: Prediction, scene: ObservedScene, settings: DetectorSettings) -> Level:
    mask, incorrect = (prediction.probabilities[LABELS.index(name)] for name in LABELS[:2])
    face = Face(
        box=prediction.detection.box,
        detection_score=prediction.detection.score,
        mask_probability=mask,
        mask_state=state_of(prediction.probabilities, settings),
        width_ratio=prediction.detection.box.width / scene.width,
        incorrect_probability=incorrect,
    )
    return AlertPolicy().update(0, [face], settings)[0].level


def _outcomes(scene: ObservedScene) -> list[tuple[LabelledFace, Prediction | None]]:
    found = {number: prediction for prediction, number in scene.matched()}
    return [(face, found.get(number)) for number, face in enumerate(scene.labelled)]


def _unmatched(scene: ObservedScene) -> list[Prediction]:
    used = {id(prediction) for prediction, _ in scene.matched()}
    return [prediction for prediction in scene.predictions if id(prediction) not in used]


def _precision(
    scenes: Sequence[ObservedScene], settings: DetectorSettings, label: int | None = None
) -> float | None:
    """Return the average precision for faces, or for faces of one class.

    For a class, the score of a face is multiplied by its probability of the class.
    """
    found, positives = [], 0
    for scene in scenes:
        labelled = [face for face in scene.labelled if label in (None, face.label)]
        scored = [
            Prediction(
                FaceDetection(
                    each.detection.box,
                    each.detection.score * (1.0 if label is None else each.probabilities[label]),
                ),
                each.probabilities,
            )
            for each in scene.candidates
        ]
        numbers = {id(each): number for each, number in matched(scored, labelled)}
        counts = [face.box.width >= settings.min_face_width for face in labelled]
        positives += sum(counts)
        for each in scored:
            number = numbers.get(id(each))
            if number is None or counts[number]:
                found.append((each.detection.score, number is not None))
    return average_precision(found, positives)


def _per(count: int, scenes: Sequence[ObservedScene]) -> float | None:
    return round(count / len(scenes), 4) if scenes else None
