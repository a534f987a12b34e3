# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs models on labelled pictures, one picture after the other."""

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
"""Side of the picture of a misclassified face, in pixels."""

SURROUNDINGS = 0.25
"""Margin shown on each side of the face, as a fraction of its box."""


def observe_scenes(
    folder: Path,
    photos: Sequence[Photo],
    models: Sequence[Model],
    seen: Sequence[Observations],
    report: Report,
) -> None:
    """Run every model on every photo.

    Args:
        folder: Folder of the photos; names become relative to its parent.
        photos: Photos to read.
        models: Models to run.
        seen: Filled in with the predictions, one entry per model.
        report: Filled in with the photos that cannot be read.

    Raises:
        MaskProximityError: A model failed.
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
                tuple(model.predict(picture)),
                tuple(model.predict(picture, CANDIDATE_SCORE)),
            )
            observations.scenes.append(scene)
            for prediction, number in scene.matched():
                face = photo.faces[number]
                observations.faces.append(
                    _observed(
                        f'{scene.photo}#{number}',
                        photo.source,
                        face.label,
                        face.box.width,
                        prediction.probabilities,
                        picture,
                        prediction.detection.box,
                    )
                )


def observe_crops(
    folder: Path, samples: Sequence[Sample], models: Sequence[Model], seen: Sequence[Observations]
) -> None:
    """Run every model that classifies on every crop.

    Args:
        folder: See observe_scenes.
        samples: The crops.
        models: Models to run.
        seen: Filled in with the predictions, one entry per model.
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
    """Return the face in the middle of a square of THUMBNAIL pixels, gray beyond the picture."""
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
