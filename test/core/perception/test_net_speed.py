# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The nets are measured as they will be used, and a rate follows from it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mask_proximity.core.classification.crops import CropSpec
from mask_proximity.core.perception.net_speed import (
    HEIGHT,
    WIDTH,
    NetTimings,
    measure_speed,
    picture,
)
from mask_proximity.core.perception.nets import Nets
from mask_proximity.core.perception.settings import NetSpeedSettings
from mask_proximity.core.types import Box, FaceDetection, FloatArray, Image

SETTINGS = NetSpeedSettings()


class Seen:
    """Plays both nets, and remembers what it was asked."""

    name = 'seen'

    def __init__(self) -> None:
        self.crop_spec = CropSpec(32, 0.1)
        self.asked: list[tuple[object, ...]] = []

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        self.asked.append((image.shape, min_score, input_size))
        return [FaceDetection(Box(0.0, 0.0, 1.0, 1.0), 0.9)]

    def classify(self, faces: FloatArray) -> FloatArray:
        self.asked.append((len(faces),))
        return np.tile(np.float32([0.2, 0.3, 0.5]), (len(faces), 1))


def test_both_nets_are_run_as_the_settings_say_once_more_than_is_counted() -> None:
    seen = Seen()
    settings = dataclasses.replace(SETTINGS, face_confidence=0.3, face_input_size=160)
    speed = measure_speed(Nets(seen, seen), settings, repeats=2, batches=(4, 8))
    assert seen.asked == [
        *[((HEIGHT, WIDTH, 3), 0.3, 160)] * 3,
        *[(1,)] * 3,
        *[(4,)] * 3,
        *[(8,)] * 3,
    ]
    assert speed.faces > 0.0 and speed.mask > 0.0
    assert [faces for faces, _ in speed.batches] == [4, 8]


@pytest.mark.parametrize(
    ('faces', 'seconds'), [(0, 0.0), (1, 0.004), (3, 0.007), (5, 0.010), (10, 0.020)]
)
def test_a_batch_need_not_be_linear(faces: int, seconds: float) -> None:
    speed = NetTimings(faces=0.006, mask=0.004, batches=((5, 0.010),))
    assert speed.masks(faces) == pytest.approx(seconds)
    assert speed.rate(faces) == pytest.approx(1.0 / (0.006 + seconds))


def test_without_batches_faces_are_counted_one_by_one() -> None:
    assert NetTimings(faces=0.006, mask=0.002).rate(7) == pytest.approx(50.0)


def test_the_picture_is_none_that_a_net_makes_short_work_of() -> None:
    image = picture()
    assert image.shape == (HEIGHT, WIDTH, 3) and image.dtype == np.uint8
    assert image.std() > 10.0 and np.array_equal(image, picture())
