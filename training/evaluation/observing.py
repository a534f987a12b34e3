# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Asks models about labelled pictures, one picture after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from mask_proximity.core.types import Box, Image
from training.evaluation.labelled_data import named
from training.evaluation.models import CANDIDATE_SCORE, Model
from training.evaluation.observations import Observations, ObservedFace, ObservedScene
from training.sources import Photo, Report, Sample, read_photo

THUMBNAIL = 144
"""Side of the picture of a mistake, pixels."""

SURROUNDINGS = 0.25
"""So much around the face is shown, in parts of its box."""


def observe_scenes(
    folder: Path,
    photos: Sequence[Photo],
    models: Sequence[Model],
    seen: Sequence[Observations],
    report: Report,
) -> None:
    """Ask every model about every photo.

    Args:
        folder: that holds them; the names become relative to its parent.
        photos: what to look at.
        models: whom to ask.
        seen: takes the answers of each model.
        report: takes the names of photos that cannot be read.

    Raises:
        MaskProximityError: a model failed.
    """
    for photo in tqdm(photos, 'scenes', unit='photo', mininterval=2, disable=None):
        picture = read_photo(photo, report)
        if picture is None:
            continue
        for model, observations in zip(models, seen, strict=True):
            scene = ObservedScene(
                named(photo.name, folder),
                photo.source,
                picture.shape[1],
                photo.faces,
                tuple(model.judge(picture)),
                tuple(model.judge(picture, CANDIDATE_SCORE)),
            )
            observations.scenes.append(scene)
            for judgement, number in scene.matched():
                face = photo.faces[number]
                observations.faces.append(
                    _observed(
                        f'{scene.photo}#{number}',
                        photo.source,
                        face.label,
                        face.box.width,
                        judgement.probabilities,
                        picture,
                        judgement.detection.box,
                    )
                )


def observe_crops(
    folder: Path, samples: Sequence[Sample], models: Sequence[Model], seen: Sequence[Observations]
) -> None:
    """Ask every model that classifies about every crop; see observe_scenes.

    Args:
        folder: see observe_scenes.
        samples: the crops.
        models: whom to ask.
        seen: takes the answers of each model.
    """
    for sample in tqdm(samples, 'crops', unit='face', mininterval=2, disable=None):
        for model, observations in zip(models, seen, strict=True):
            probabilities = model.classify(sample.picture, sample.box)
            if probabilities is not None:
                observations.crops.append(
                    _observed(
                        named(sample.photo, folder),
                        sample.source,
                        sample.label,
                        sample.box.width,
                        probabilities,
                        sample.picture,
                        sample.box,
                    )
                )


def _observed(
    name: str,
    source: str,
    label: int,
    width: float,
    probabilities: tuple[float, ...],
    picture: Image,
    box: Box,
) -> ObservedFace:
    wrong = int(np.argmax(probabilities)) != label
    return ObservedFace(
        name, source, label, width, probabilities, _thumbnail(picture, box) if wrong else None
    )


def _thumbnail(picture: Image, box: Box) -> Image:
    """The face in the middle of a square of THUMBNAIL pixels, on gray where the picture ends."""
    side = max(2, round((1.0 + 2.0 * SURROUNDINGS) * max(box.width, box.height)))
    left, top = (round(centre - side / 2) for centre in box.center)
    square = np.full((side, side, 3), 40, np.uint8)
    height, width = picture.shape[:2]
    x1, x2 = max(0, left), min(width, left + side)
    y1, y2 = max(0, top), min(height, top + side)
    square[y1 - top : y2 - top, x1 - left : x2 - left] = picture[y1:y2, x1:x2]
    interpolation = cv2.INTER_AREA if side > THUMBNAIL else cv2.INTER_CUBIC
    thumbnail = cv2.resize(square, (THUMBNAIL, THUMBNAIL), interpolation=interpolation)
    return np.asarray(thumbnail, np.uint8)
