# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the net is trained on: seeded by face and epoch, and cut as serving cuts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.classification.crops import CropSpec
from mask_proximity.core.perception.nets import Nets
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, Box, FaceDetection, FloatArray, Image
from training.batches import (
    EpochOrder,
    Targets,
    fixed_faces,
    training_batches,
    validation_batches,
)
from training.sources import Sample, cut_sample
from training.strategies import Workers

SPEC = CropSpec(64, 0.3)
MASK, INCORRECT, NO_MASK = range(3)


def samples(portrait: Image, counts: dict[str, int], label: int = NO_MASK) -> list[Sample]:
    return [
        cut_sample(
            name=f'{source}/{number}.png#0',
            photo=f'{source}/{number}.png',
            source=source,
            split='',
            label=label,
            picture=portrait,
            box=Box(179 + number % 5, 58, 272, 177),
            bits=np.zeros((2, 64), bool),
        )
        for source, count in counts.items()
        for number in range(count)
    ]


class SeenByTheNet:
    """A classifier, mocked at its edge: it keeps what serving gives to the net."""

    name = 'seen'
    crop_spec = SPEC
    faces: FloatArray

    def classify(self, faces: FloatArray) -> FloatArray:
        self.faces = faces
        return np.full((len(faces), len(LABELS)), 1 / 3, np.float32)


class Found:
    """A detector that finds one given face."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        return [FaceDetection(self._box, 0.9)]


@pytest.mark.parametrize(
    'box',
    [
        Box(179, 58, 272, 177),
        Box(179.4, 58.7, 272.9, 177.2),
        Box(0, 0, 93.5, 119),  # fills a corner: the margin is cut off
        Box(330.25, 200.5, 395, 290),
    ],
)
def test_training_and_serving_give_the_net_the_same_bytes(portrait: Image, box: Box) -> None:
    (sample,) = samples(portrait, {'scenes': 1})
    sample = cut_sample(
        sample.name, sample.photo, 'scenes', '', NO_MASK, portrait, box, np.zeros((2, 64), bool)
    )
    trained, _ = fixed_faces([sample], SPEC)
    served = SeenByTheNet()
    Pipeline(Nets(Found(box), served), AlertPolicy()).process(portrait, 1, DetectorSettings())
    assert trained.tobytes() == served.faces.tobytes()


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    times=st.lists(st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0]), min_size=3, max_size=3),
    seed=st.integers(0, 5),
)
def test_an_epoch_takes_each_source_as_often_as_asked(
    counts: Sequence[int], times: Sequence[float], seed: int
) -> None:
    faces = [
        Sample(f'{s}{n}', f'{s}{n}', f's{s}', '', 0, np.zeros((1, 1, 3), np.uint8), Box(0, 0, 1, 1),
               np.zeros((4, 64), bool))
        for s, count in enumerate(counts)
        for n in range(count)
    ]  # fmt: skip
    repeats = {f's{number}': each for number, each in enumerate(times)}
    order = EpochOrder(faces, repeats, seed)
    for epoch in range(4):
        taken = Counter(int(number) for number in order.of_epoch(epoch))
        for number, face in enumerate(faces):
            share = repeats[face.source]
            assert int(share) <= taken[number] <= -(-share // 1)
        for source, count in enumerate(counts):
            of_source = sum(taken[n] for n, face in enumerate(faces) if face.source == f's{source}')
            assert of_source == int(times[source]) * count + round(times[source] % 1 * count)
    assert (order.of_epoch(2) == EpochOrder(faces, repeats, seed).of_epoch(2)).all()


def test_a_fraction_takes_all_faces_by_turns(portrait: Image) -> None:
    order = EpochOrder(samples(portrait, {'a': 10}), {'a': 0.5}, 3)
    for epoch in (0, 2, 4):
        both = {*order.of_epoch(epoch).tolist(), *order.of_epoch(epoch + 1).tolist()}
        assert both == set(range(10))


def epoch_of(portrait: Image, epoch: int, seed: int = 1) -> list[np.ndarray]:
    faces = samples(portrait, {'a': 8, 'b': 8})
    order = EpochOrder(faces, {}, seed)
    targets = Targets.from_samples(LABELS, faces, {})
    batches = training_batches(faces, order, SPEC, targets, 4, seed, Workers())
    order.on_epoch_begin(epoch)
    return [np.asarray(part) for batch in batches for part in batch]


@pytest.mark.tensorflow
def test_epoch_and_seed_alone_decide_what_a_face_looks_like(portrait: Image) -> None:
    first, again = epoch_of(portrait, 5), epoch_of(portrait, 5)
    assert len(first) == 4 * 3  # batches of faces, labels, weights
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(first[0], epoch_of(portrait, 6)[0])
    assert not np.array_equal(first[0], epoch_of(portrait, 5, seed=2)[0])


@pytest.mark.tensorflow
def test_batches_hold_what_they_say(portrait: Image) -> None:
    faces = samples(portrait, {'a': 6}, MASK) + samples(portrait, {'b': 2}, NO_MASK)
    two = ('mask', 'no_mask')
    targets = Targets.from_samples(two, faces, {})
    pictures, labels = fixed_faces(faces, SPEC)
    (batch,) = validation_batches(pictures, labels, targets, 32)
    np.testing.assert_array_equal(batch[0], pictures)
    np.testing.assert_array_equal(batch[1], [[1, 0]] * 6 + [[0, 1]] * 2)
    # Three times as rare counts the cube root of three times as much, and 1 on average.
    weights = np.asarray(batch[2])
    assert weights[-1] / weights[0] == pytest.approx(3 ** (1 / 3))
    assert weights.mean() == pytest.approx(1.0)


def test_a_label_that_the_net_lacks_counts_nothing(portrait: Image) -> None:
    targets = Targets.from_samples(('mask', 'no_mask'), samples(portrait, {'a': 2}), {})
    assert targets.weights[INCORRECT] == 0 and not targets.hot[INCORRECT].any()
