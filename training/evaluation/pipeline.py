# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How well the whole pipeline does: faces found and called right in whole photos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, Face, FaceDetection, Level, MaskState
from training.annotations import LabelledFace
from training.evaluation.classification import in_range, state_of
from training.evaluation.observations import Judgement, ObservedScene, matched
from training.evaluation.statistics import average_precision, rate

NO_MASK = LABELS.index('no_mask')


def pipeline(scenes: Sequence[ObservedScene], settings: DetectorSettings) -> dict[str, Any]:
    """Everything that is counted on whole photos.

    Labelled faces that are narrower than `min_face_width` neither count as missed nor, if found,
    as wrong: serving skips them.
    """
    outcomes = [outcome for scene in scenes for outcome in _outcomes(scene)]

    def judged(label: int, width: str) -> list[Judgement | None]:
        return [
            judgement
            for face, judgement in outcomes
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
            width: {label: _found(judged(index, width)) for index, label in enumerate(LABELS)}
            for width in ('near', 'far')
        },
        'near_unmasked': _noticed(judged(NO_MASK, 'near'), settings),
        'unlabelled_faces_found_per_photo': _per(len(unlabelled), scenes),
        'false_alarms_per_photo': _per(len(alarms), scenes),
        'photos_with_alert': _photos(scenes, settings),
    }


def _found(judgements: Sequence[Judgement | None]) -> dict[str, Any]:
    return rate(sum(judgement is not None for judgement in judgements), len(judgements))


def _noticed(
    judgements: Sequence[Judgement | None], settings: DetectorSettings
) -> dict[str, dict[str, Any]]:
    """Of near unmasked people: found; found and not called mask; found and called so surely."""
    states = [
        None if each is None else state_of(each.probabilities, settings) for each in judgements
    ]
    bare = (MaskState.NO_MASK, MaskState.INCORRECT)
    return {
        'found': _found(judgements),
        'not_called_mask': rate(
            sum(state not in (None, MaskState.MASK) for state in states), len(states)
        ),
        'alerted': rate(sum(state in bare for state in states), len(states)),
    }


def _photos(scenes: Sequence[ObservedScene], settings: DetectorSettings) -> dict[str, Any]:
    """Whether photos with somebody near and not well masked cause ALERT, and others do not."""
    said: dict[bool, list[bool]] = {True: [], False: []}
    for scene in scenes:
        due = any(
            LABELS[face.label] != 'mask' and _is_near(face.box.width, scene, settings)
            for face in scene.labelled
        )
        alert = any(_level(each, scene, settings) is Level.ALERT for each in scene.judged)
        said[due].append(alert)
    return {
        'where_due': rate(sum(said[True]), len(said[True])),
        'where_not_due': rate(sum(said[False]), len(said[False])),
    }


def _is_near(width: float, scene: ObservedScene, settings: DetectorSettings) -> bool:
    return width / scene.width > settings.alert_width_ratio


def _level(judgement: Judgement, scene: ObservedScene, settings: DetectorSettings) -> Level:
    mask, incorrect = (judgement.probabilities[LABELS.index(name)] for name in LABELS[:2])
    face = Face(
        box=judgement.detection.box,
        detection_score=judgement.detection.score,
        mask_probability=mask,
        mask_state=state_of(judgement.probabilities, settings),
        width_ratio=judgement.detection.box.width / scene.width,
        incorrect_probability=incorrect,
    )
    return AlertPolicy().update(0, [face], settings)[0].level


def _outcomes(scene: ObservedScene) -> list[tuple[LabelledFace, Judgement | None]]:
    found = {number: judgement for judgement, number in scene.matched()}
    return [(face, found.get(number)) for number, face in enumerate(scene.labelled)]


def _unmatched(scene: ObservedScene) -> list[Judgement]:
    used = {id(judgement) for judgement, _ in scene.matched()}
    return [judgement for judgement in scene.judged if id(judgement) not in used]


def _precision(
    scenes: Sequence[ObservedScene], settings: DetectorSettings, label: int | None = None
) -> float | None:
    """Of finding faces, or of finding those of one class as if by a detector of this class alone.

    In the latter case the score of a face is multiplied with its probability of the class.
    """
    found, positives = [], 0
    for scene in scenes:
        labelled = [face for face in scene.labelled if label in (None, face.label)]
        scored = [
            Judgement(
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
