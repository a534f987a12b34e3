# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
# Keras comes without types.
"""Batches of faces for tf.data, cropped by the same code as in serving.

The augmentation of a face in an epoch depends on (seed, epoch, index of the face) alone, not on
threads, workers or interruptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from mask_proximity.core.classification.crops import CropSpec, crop_faces
from mask_proximity.core.types import LABELS, FloatArray
from training.augment import augment
from training.sources import Sample
from training.strategies import Workers

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Targets:
    """The target vector and the weight of each label.

    Attributes:
        hot: One-hot vectors, len(LABELS) x classes of the net; zeros for labels that it lacks.
        weights: Weights, len(LABELS); 0 for labels that the net lacks.
    """

    hot: FloatArray
    weights: FloatArray

    @classmethod
    def from_samples(
        cls, labels: Sequence[str], samples: Iterable[Sample], repeats: Mapping[str, float]
    ) -> Targets:
        """Compute the targets of a net.

        The weight of a class is the cube root of its inverse frequency, 1 on average. With the full
        inverse frequency, a class of a few hundred faces is overfitted and predicted too often.

        Args:
            labels: Labels of the net's outputs.
            samples: Samples to train on.
            repeats: How often an epoch uses each face of a source; 1 for a source not named.
        """
        counts = np.zeros(len(LABELS))
        for sample in samples:
            counts[sample.label] += repeats.get(sample.source, 1.0)
        weights = np.cbrt(counts.sum() / np.maximum(counts, 1.0))
        weights *= counts.sum() / (weights * counts).sum()
        columns = [LABELS.index(label) for label in labels]
        hot = np.eye(len(LABELS), dtype=np.float32)[:, columns]
        return cls(hot, np.asarray(weights * hot.sum(axis=1), np.float32))


class EpochOrder(keras.callbacks.Callback):
    """The faces of an epoch, in order. As a callback, it learns which epoch comes next."""

    def __init__(self, samples: Sequence[Sample], repeats: Mapping[str, float], seed: int) -> None:
        """Set up.

        Args:
            samples: Samples to train on.
            repeats: How often an epoch uses each face of a source; 1 for a source not named. With a
                fraction, epochs use the faces in turn.
            seed: Seed of the order.
        """
        super().__init__()
        self._groups = [
            (np.array([i for i, each in enumerate(samples) if each.source == source]), times)
            for source, times in (
                (source, repeats.get(source, 1.0))
                for source in sorted({sample.source for sample in samples})
            )
        ]
        self._seed = seed
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Note the epoch, before Keras asks for its batches."""
        self._epoch = epoch

    def of_epoch(self, epoch: int) -> IntArray:
        """Return the indices of the faces of an epoch, in order."""
        rng = np.random.default_rng((self._seed, epoch))
        chosen = []
        for members, times in self._groups:
            # Slices of one fixed shuffle: after 1 / fraction epochs, every face was used.
            turns = np.random.default_rng((self._seed, len(members))).permutation(members)
            part = round((times % 1.0) * len(members))
            start = epoch * part % len(members)
            chosen += [members] * int(times) + [np.roll(turns, -start)[:part]]
        return np.asarray(rng.permutation(np.concatenate(chosen)), np.int64)

    def __len__(self) -> int:
        """The number of faces in an epoch."""
        return len(self.of_epoch(0))

    def __call__(self) -> Iterator[tuple[int, int, int]]:
        """Yield (epoch, position in the epoch, index of the face) for the epoch noted last."""
        epoch = self._epoch
        for place, number in enumerate(self.of_epoch(epoch)):
            yield epoch, place, int(number)


def training_batches(
    samples: Sequence[Sample],
    order: EpochOrder,
    spec: CropSpec,
    targets: Targets,
    batch: int,
    seed: int,
    workers: Workers,
) -> tf.data.Dataset:
    """Return the batches of an epoch: (augmented faces, one-hot labels, weights).

    Args:
        samples: Samples to train on.
        order: Order of the epochs; must be among the callbacks of the training.
        spec: How faces are cropped.
        targets: Target vectors and weights.
        batch: Faces in a batch of all workers together.
        seed: Seed of the augmentation.
        workers: Workers that share each batch.
    """
    size, classes = spec.size, targets.hot.shape[1]

    def make(epoch: int, place: int, number: int) -> tuple[FloatArray, FloatArray, np.float32]:
        sample = samples[number]
        rng = np.random.default_rng((seed, epoch, place, number))
        picture, box, label = augment(sample.picture, sample.box, sample.label, rng)
        face = crop_faces(picture, [box], spec)[0]
        return face, targets.hot[label], targets.weights[label]

    def tensors(*numbers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        face, label, weight = tf.numpy_function(make, numbers, (tf.float32,) * 3, stateful=False)
        face.set_shape((size, size, 3))
        label.set_shape((classes,))
        weight.set_shape(())
        return face, label, weight

    scalars = (tf.TensorSpec((), tf.int64),) * 3
    numbers = tf.data.Dataset.from_generator(order, output_signature=scalars)
    numbers = numbers.apply(tf.data.experimental.assert_cardinality(len(order)))
    return (
        workers.share(numbers, batch)
        .map(tensors, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch // workers.count, drop_remainder=True)
        .prefetch(2)
    )


def fixed_faces(
    samples: Sequence[Sample], spec: CropSpec, seed: int | None = None
) -> tuple[FloatArray, IntArray]:
    """Crop faces as in serving, with or without augmentation.

    Args:
        samples: The samples.
        spec: How faces are cropped.
        seed: Seed of the augmentation; None for none.

    Returns:
        n x size x size x 3, and n labels.
    """
    faces = np.empty((len(samples), spec.size, spec.size, 3), np.float32)
    labels = np.empty(len(samples), np.int64)
    for number, sample in enumerate(samples):
        picture, box, label = sample.picture, sample.box, sample.label
        if seed is not None:
            rng = np.random.default_rng((seed, number))
            picture, box, label = augment(picture, box, label, rng)
        faces[number] = crop_faces(picture, [box], spec)[0]
        labels[number] = label
    return faces, labels


def validation_batches(
    faces: FloatArray, labels: IntArray, targets: Targets, batch: int
) -> tf.data.Dataset:
    """Return batches of the same faces in every epoch: (faces, one-hot labels, weights)."""
    tensors = (faces, targets.hot[labels], targets.weights[labels])
    return tf.data.Dataset.from_tensor_slices(tensors).batch(batch).prefetch(2)
