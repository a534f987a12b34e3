# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Train the mask classifier on folders of pictures and write the files that serving reads.

    python -m training.train --data DIR

First the head is trained on the frozen backbone, then both are fine-tuned together. An interrupted
run, even a killed one, continues when the same command is given again.
"""

from __future__ import annotations

import os

# Keep TensorFlow's notes about the CPU off stderr.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from mask_proximity.core.classification.classifier import calibrated
from mask_proximity.core.classification.crops import CropSpec
from mask_proximity.core.errors import MaskProximityError, ModelError
from mask_proximity.core.outputs.files import atomic_file
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, FloatArray
from training import model as net
from training.backup import Backup, SeededEpochs
from training.batches import (
    EpochOrder,
    IntArray,
    Targets,
    fixed_faces,
    training_batches,
    validation_batches,
)
from training.calibration import calibrate
from training.description import describe
from training.export import NAME, LabelledFaces, export
from training.progress import BestEpoch, Phase, Run
from training.scores import label_indices, net_labels, scores_by_source
from training.sources import Report, Sample, load_samples
from training.splits import SPLITS, plain_split, read_split, split_samples
from training.strategies import Strategy, Workers, make_strategy
from training.train_options import parse, requested, settings_without_paths

WARM_UP_RATE = 1e-3
"""Learning rate of Adam while the backbone is frozen."""

MAX_EXPORT_FACES = 1000
"""The exports are compared on at most so many faces of val and of test, of 0.3 MB each."""

REPRESENTATIVE_FACES = 300
"""About so many faces of train show the int8 export the range of each activation."""


@dataclass(frozen=True)
class Data:
    """The data of a training.

    Attributes:
        train: Samples of the train part.
        val: Faces of the val part, n x size x size x 3, and their n labels.
        order: Which samples an epoch uses, and in which order.
        targets: Label vectors and class weights.
        spec: How faces are cropped.
    """

    train: list[Sample]
    val: tuple[FloatArray, IntArray]
    order: EpochOrder
    targets: Targets
    spec: CropSpec


def fit(
    phase: Phase,
    build: Callable[[], keras.Model],
    data: Data,
    arguments: argparse.Namespace,
    epochs: int,
    rate: float,
    strategy: Strategy,
) -> None:
    """Train one phase, or what is left of it. The weights of its best epoch on val stay on disk.

    Args:
        phase: Where history and weights are kept.
        build: Makes the model that the phase starts with.
        data: Data of the training.
        arguments: Command line.
        epochs: Number of epochs of the phase.
        rate: Highest learning rate. It rises over the first half epoch, then decays by a cosine.
        strategy: Devices to train on.
    """
    if strategy.agreed(phase.finished):
        return
    backup = Backup(phase.backup)
    keras.utils.set_random_seed(arguments.seed)
    with strategy.scope():
        model = build()
        compile_model(model, arguments, epochs, len(data.order) // arguments.batch, rate)
        first_epoch = strategy.synchronize(model, backup.restore(model))
    if strategy.agreed(phase.exhausted(arguments.patience)):
        first_epoch = epochs
    model.fit(
        training_batches(
            data.train,
            data.order,
            data.spec,
            data.targets,
            arguments.batch,
            arguments.seed,
            strategy.workers,
        ),
        validation_data=validation_batches(*data.val, data.targets, arguments.batch),
        epochs=epochs,
        initial_epoch=first_epoch,
        callbacks=[
            data.order,
            SeededEpochs(),
            *strategy.callbacks(
                [
                    BestEpoch(phase, arguments.patience),
                    keras.callbacks.TensorBoard(phase.folder / 'tensorboard', write_graph=False),
                    backup,
                ]
            ),
        ],
        shuffle=False,  # EpochOrder shuffles.
        verbose=(1 if sys.stdout.isatty() else 2) if strategy.workers.chief else 0,
    )
    if strategy.workers.chief:
        phase.save(finished=True)


def compile_model(
    model: keras.Model, arguments: argparse.Namespace, epochs: int, steps: int, rate: float
) -> None:
    """Give a model its optimizer and its loss.

    Args:
        model: Model to compile.
        arguments: Command line.
        epochs: Number of epochs.
        steps: Number of batches in an epoch.
        rate: Highest learning rate.
    """
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 20, epochs * steps - steps // 2, warmup_target=rate, warmup_steps=steps // 2
    )
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=arguments.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=arguments.label_smoothing),
        weighted_metrics=['accuracy'],
    )


def draw_curves(phases: Mapping[str, Phase], path: Path) -> None:
    """Save the loss and accuracy by epoch as a PNG file."""
    matplotlib.use('Agg')
    figure = Figure(figsize=(9, 3.5), layout='constrained')
    axes = figure.subplots(1, 2)
    epochs = [epoch for phase in phases.values() for epoch in phase.history]
    warm_up = len(next(iter(phases.values())).history)
    for axis, key in zip(axes, ('loss', 'accuracy'), strict=True):
        for name, label in ((key, 'train (augmented, dropout)'), (f'val_{key}', 'val')):
            values = [epoch[name] for epoch in epochs]
            axis.plot(range(1, len(values) + 1), values, marker='.', label=label)
        if len(epochs) > warm_up:
            axis.axvline(warm_up + 0.5, color='0.6', linestyle=':', label='backbone learns too')
        axis.set_xlabel('epoch')
        axis.set_ylabel('cross-entropy' if key == 'loss' else key)
        axis.grid(alpha=0.3)
        axis.legend()
    with atomic_file(path) as part:
        figure.savefig(part, dpi=80)


def split_of(
    samples: Sequence[Sample], arguments: argparse.Namespace, report: Report
) -> dict[str, list[Sample]]:
    """Split the samples as the command line says."""
    if arguments.split == 'honest':
        return split_samples(samples, arguments.seed, report)
    if arguments.split == 'plain':
        return plain_split(samples, seed=arguments.seed)
    return read_split(Path(arguments.split), samples, report)


def build(
    labels: Sequence[str],
    arguments: argparse.Namespace,
    weights: Path | None,
    first_layer: str | None,
) -> keras.Model:
    """Build the net that the command line describes.

    Args:
        labels: Classes of the net.
        arguments: Command line.
        weights: File with the weights of an earlier phase; None: those of the backbone alone.
        first_layer: See `model.set_trainable`.
    """
    model = net.build_model(
        arguments.head,
        len(labels),
        arguments.input_size,
        arguments.backbone_weights,
        arguments.alpha,
        arguments.dropout,
    )
    net.set_trainable(model, first_layer)
    if weights is not None:
        model.load_weights(weights)
    return model


def learn(
    splits: Mapping[str, Sequence[Sample]],
    labels: Sequence[str],
    spec: CropSpec,
    arguments: argparse.Namespace,
    run: Run,
    strategy: Strategy,
) -> dict[str, Phase]:
    """Train all phases, or what is left of them.

    Returns:
        The phases by name. The chief has their best weights on disk.
    """
    as_is, augmented = fixed_faces(splits['val'], spec), fixed_faces(splits['val'], spec, 0)
    data = Data(
        list(splits['train']),
        (np.concatenate([as_is[0], augmented[0]]), np.concatenate([as_is[1], augmented[1]])),
        EpochOrder(splits['train'], arguments.repeat, arguments.seed),
        Targets.from_samples(labels, splits['train'], arguments.repeat),
        spec,
    )
    warm_up = run.phase('warm_up')
    fit(
        warm_up,
        lambda: build(labels, arguments, None, None),
        data,
        arguments,
        arguments.warm_up_epochs,
        WARM_UP_RATE,
        strategy,
    )
    if not arguments.epochs:
        return {'warm_up': warm_up}
    fine_tuning = run.phase('fine_tuning')
    # The other workers receive the chief's weights.
    weights = warm_up.best_weights if strategy.workers.chief else None
    fit(
        fine_tuning,
        lambda: build(labels, arguments, weights, arguments.fine_tune_from),
        data,
        arguments,
        arguments.epochs,
        arguments.rate,
        strategy,
    )
    return {'warm_up': warm_up, 'fine_tuning': fine_tuning}


def train(arguments: argparse.Namespace) -> Path | None:
    """Train a model and write it.

    Returns:
        The path of the model's description; None in a worker that is not the chief.

    Raises:
        MaskProximityError: The arguments or the data cannot be used; the message is one sentence.
    """
    start = time.monotonic()
    strategy = prepare_strategy(arguments)
    run = Run(arguments.work, requested(arguments), strategy.workers.chief)
    report = Report()
    splits, labels = load_data(arguments, report)
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f'{arguments.output}: this folder cannot be made ({error.strerror}); '
            'name another by --output'
        ) from None
    spec = CropSpec(arguments.input_size, arguments.crop_margin)
    names = [sample.name for split in SPLITS for sample in splits[split]]
    with strategy.together():
        strategy.begin(json.dumps([settings_without_paths(arguments), names]))
        phases = learn(splits, labels, spec, arguments, run, strategy)
    if not strategy.workers.chief:
        print(f'{strategy.workers.addresses[0]} writes the model')
        return None
    keras.mixed_precision.set_global_policy('float32')
    model = build(labels, arguments, list(phases.values())[-1].best_weights, None)
    path = finish(model, labels, arguments, report, splits, phases, spec)
    run.remove()
    print(f'wrote {path} and the files beside it after {(time.monotonic() - start) / 60:.1f} min')
    return path


def prepare_strategy(arguments: argparse.Namespace) -> Strategy:
    """Set up the devices and the precision that the command line asks for.

    Raises:
        MaskProximityError: The devices or the weights of the backbone cannot be used.
    """
    workers = None
    if arguments.strategy == 'multiworker':
        workers = Workers.parse(arguments.workers, arguments.worker_index)
    strategy = make_strategy(arguments.strategy, workers, arguments.worker_timeout)
    strategy.check_batch(arguments.batch)
    if workers is None:
        # Find missing weights before the long work. Several workers must not use TensorFlow before
        # they have connected.
        net.build_backbone(arguments.backbone_weights, arguments.input_size, arguments.alpha, 'avg')
    if arguments.mixed_precision:
        keras.mixed_precision.set_global_policy('mixed_float16')
    return strategy


def load_data(
    arguments: argparse.Namespace, report: Report
) -> tuple[dict[str, list[Sample]], tuple[str, ...]]:
    """Read the pictures and split them.

    Args:
        arguments: Command line.
        report: Filled in with what became of the files.

    Returns:
        The samples of each split, and the classes of the net.

    Raises:
        DataError: There are too few usable pictures.
    """
    detector = load_face_detector(DetectorSettings())
    samples = load_samples(arguments.data, detector, arguments.tight, report, arguments.shield)
    labels = net_labels(samples, arguments.head)
    samples = [sample for sample in samples if LABELS[sample.label] in labels]
    splits = split_of(samples, arguments, report)
    for name, count in sorted(report.used.items()):
        print(f'{count:6d}  {name}')
    return splits, labels


def finish(
    model: keras.Model,
    labels: Sequence[str],
    arguments: argparse.Namespace,
    report: Report,
    splits: Mapping[str, Sequence[Sample]],
    phases: Mapping[str, Phase],
    spec: CropSpec,
) -> Path:
    """Calibrate, measure and export a trained model.

    Returns:
        The path of its description.
    """
    description = describe(arguments, labels, report, splits, phases)
    faces = {split: fixed_faces(splits[split], spec)[0] for split in ('val', 'test')}
    indices = {split: label_indices(splits[split], labels) for split in faces}
    predicted = {split: model.predict(faces[split], verbose=0) for split in faces}
    calibration = calibrate(predicted['val'], indices['val'])
    description['calibration'] = calibration
    description['temperature'] = calibration['temperature']
    description['metrics'] = {
        split: scores_by_source(
            calibrated(predicted[split], calibration['temperature']),
            indices[split],
            labels,
            [sample.source for sample in splits[split]],
        )
        for split in faces
    }

    def export_faces(split: str) -> LabelledFaces:
        step = -(-len(splits[split]) // MAX_EXPORT_FACES)
        return LabelledFaces(faces[split][::step], indices[split][::step])

    step = max(1, len(splits['train']) // REPRESENTATIVE_FACES)
    representative = fixed_faces(splits['train'][::step], spec)[0]
    path = export(
        model,
        description,
        representative,
        export_faces('val'),
        export_faces('test'),
        arguments.output,
    )
    draw_curves(phases, arguments.output / f'{NAME}_curves.png')
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Train from the command line.

    Returns:
        The exit code: 0; 1 after an error; 130 after Ctrl-C.
    """
    try:
        train(parse(argv))
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('stopped; the same command goes on from here', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
