# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Train the mask classifier on folders of pictures and write it as serving reads it.

    python -m training.train --data DIR

First the head learns on the frozen backbone, then both learn together. A run that was interrupted,
however hard, goes on when the same command is given again.
"""

from __future__ import annotations

import os

# TensorFlow tells about the CPU's abilities on stderr; that is no news for a user.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import argparse
import datetime
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import keras
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from mask_proximity.core.classification.classifier import calibrated
from mask_proximity.core.classification.crops import PREPROCESSING, CropSpec
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
from training.export import NAME, LabelledFaces, export
from training.progress import BestEpoch, Phase, Run
from training.sources import Report, Sample, add_data_arguments, load_samples
from training.splits import SPLITS, plain_split, read_split, split_samples
from training.strategies import STRATEGIES, Strategy, Workers, make_strategy

WARM_UP_RATE = 1e-3
"""Of Adam, for a head on a frozen backbone."""

TUTORIAL = {
    'input_size': 224,
    'batch': 40,
    'warm_up_epochs': 10,
    'epochs': 0,
    'split': 'plain',
    'seed': 42,
}
"""What the tutorial trained its head with; its backbone stayed frozen."""

EXPORT_FACES = 1000
"""So many faces of each part are exported with: as served, they take 0.3 MB each."""


@dataclass(frozen=True)
class Data:
    """What a phase learns from."""

    train: list[Sample]
    val: tuple[FloatArray, np.ndarray]
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
    """Train one phase, or what is left of it; its best epoch by the loss on val stays on disk.

    Args:
        phase: where its history and weights are kept.
        build: makes the model that the phase begins with.
        data: to learn from.
        arguments: of the command line.
        epochs: of the phase.
        rate: the highest learning rate; it rises over the first half epoch and falls by a cosine.
        strategy: that the model is trained by.
    """
    if strategy.agreed(phase.finished):
        return
    backup = Backup(phase.backup)
    steps = len(data.order) // arguments.batch
    keras.utils.set_random_seed(arguments.seed)
    with strategy.scope():
        model = build()
        schedule = keras.optimizers.schedules.CosineDecay(
            rate / 20, epochs * steps - steps // 2, warmup_target=rate, warmup_steps=steps // 2
        )
        model.compile(
            keras.optimizers.AdamW(schedule, weight_decay=arguments.weight_decay),
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=arguments.label_smoothing),
            weighted_metrics=['accuracy'],
        )
        begin = strategy.synchronize(model, backup.restore(model))
    if strategy.agreed(phase.exhausted(arguments.patience)):
        begin = epochs
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
        initial_epoch=begin,
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
        shuffle=False,  # EpochOrder does
        verbose=(1 if sys.stdout.isatty() else 2) if strategy.workers.chief else 0,
    )
    if strategy.workers.chief:
        phase.save(finished=True)


def labels_in(samples: Sequence[Sample], head: str) -> tuple[str, ...]:
    """The classes of a net for these samples: three, or two where none is worn incorrectly."""
    there = {sample.label for sample in samples}
    if head == 'tutorial' or LABELS.index('incorrect') not in there:
        return ('mask', 'no_mask')
    return LABELS


def numbers_of(samples: Sequence[Sample], labels: Sequence[str]) -> IntArray:
    """The place of each sample's label among the labels of the net."""
    return np.array([labels.index(LABELS[sample.label]) for sample in samples], np.int64)


def scores(probabilities: FloatArray, numbers: IntArray, labels: Sequence[str]) -> dict[str, Any]:
    """How many faces are right, all and by class, and the cross-entropy.

    Args:
        probabilities: n x len(labels).
        numbers: n indices into labels.
        labels: of the net.
    """
    right = probabilities.argmax(axis=1) == numbers
    likelihood = probabilities[np.arange(len(numbers)), numbers]
    result: dict[str, Any] = {
        'faces': len(numbers),
        'accuracy': round(float(right.mean()), 4),
        'cross_entropy': round(float(-np.log(np.maximum(likelihood, 1e-7)).mean()), 4),
    }
    for index, label in enumerate(labels):
        of_class = numbers == index
        if of_class.any():
            result[label] = {'right': int(right[of_class].sum()), 'of': int(of_class.sum())}
    return result


def scores_by_source(
    probabilities: FloatArray, numbers: IntArray, labels: Sequence[str], sources: Sequence[str]
) -> dict[str, Any]:
    """The scores, all and by source."""
    result = scores(probabilities, numbers, labels)
    if len(set(sources)) > 1:
        result['by_source'] = {}
        for source in sorted(set(sources)):
            chosen = np.array(sources) == source
            part = scores(probabilities[chosen], numbers[chosen], labels)
            result['by_source'][source] = part
    return result


def draw_curves(phases: Mapping[str, Phase], path: Path) -> None:
    """Save the curves of loss and accuracy as a picture."""
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


def digest(samples: Sequence[Sample]) -> str:
    """The sha256 of the names and pixels of samples."""
    result = hashlib.sha256()
    for sample in samples:
        result.update(sample.name.encode())
        result.update(sample.picture.tobytes())
    return result.hexdigest()


def commit() -> str | None:
    """The commit of the source tree, with a + if files differ from it; None outside of git."""

    def git(*words: str) -> str:
        folder = Path(__file__).parent
        return subprocess.run(
            ['git', *words], cwd=folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    try:
        return git('rev-parse', 'HEAD') + ('+' if git('status', '--porcelain', '-uno') else '')
    except (OSError, subprocess.CalledProcessError):
        return None


def versions() -> dict[str, str]:
    """The packages that a result depends on."""
    result = {'python': platform.python_version(), 'opencv': cv2.__version__}
    for package in ('tensorflow-cpu', 'tensorflow', 'keras', 'ai-edge-litert', 'tf2onnx', 'numpy'):
        try:
            result[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return result


def describe(
    arguments: argparse.Namespace,
    labels: Sequence[str],
    report: Report,
    splits: Mapping[str, Sequence[Sample]],
    phases: Mapping[str, Phase],
) -> dict[str, Any]:
    """What serving must know, and what a reader should: see the model card."""
    weights = arguments.backbone_weights
    named = weights == 'imagenet'
    fine_tuned = {None: 'frozen', '': 'fine-tuned whole'}.get(
        arguments.fine_tune_from if arguments.epochs else None,
        f'fine-tuned from {arguments.fine_tune_from} on',
    )
    return {
        'name': NAME,
        'what': (
            f'Mask classifier: {net.BACKBONE} {arguments.alpha:g} at '
            f'{arguments.input_size}x{arguments.input_size}, ImageNet weights, {fine_tuned}, '
            f'head {arguments.head!r}, {len(labels)} classes'
        ),
        'source': 'trained by `python -m training.train` of this repository',
        'licence': (
            'Apache-2.0 (the training, this repository; the ImageNet weights that it began with, '
            'Keras Applications)'
        ),
        'labels': list(labels),
        'input_size': arguments.input_size,
        'crop_margin': arguments.crop_margin,
        'preprocessing': PREPROCESSING,
        'training': {
            'date': datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            'commit': commit(),
            # Without the paths of this machine.
            **{key: value for key, value in asked(arguments).items() if key not in PATHS},
            'split': Path(arguments.split).name,
            'best_epochs': {name: phase.best_epoch + 1 for name, phase in phases.items()},
            'history': {name: phase.history for name, phase in phases.items()},
            'backbone': {
                'net': net.BACKBONE,
                'alpha': arguments.alpha,
                'weights': weights if named else Path(weights).name,
                'sha256': None if named else hashlib.sha256(Path(weights).read_bytes()).hexdigest(),
            },
            'data': {
                **report.as_dict(),
                'sha256': {split: digest(splits[split]) for split in SPLITS},
            },
            'choices': (
                'the epoch was chosen by the lowest loss on val (each face as is and once '
                'augmented), the temperature by the likelihood of val; test is read at the end'
            ),
            'versions': versions(),
        },
    }


# What decides the result of a run, by its name on the command line.
RESULT_OPTIONS = (
    *('data', 'split', 'repeat', 'tight', 'shield'),
    *('head', 'input_size', 'crop_margin', 'alpha', 'backbone_weights'),
    *('warm_up_epochs', 'epochs', 'fine_tune_from', 'batch', 'rate', 'weight_decay'),
    *('label_smoothing', 'dropout', 'patience', 'seed', 'mixed_precision'),
)

PATHS = ('data', 'split', 'backbone_weights')


def asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """What decides the result of a run."""
    return {name: getattr(arguments, name) for name in RESULT_OPTIONS}


def repeats(words: Sequence[str]) -> dict[str, float]:
    """Parse `SOURCE=TIMES` of the command line.

    Raises:
        argparse.ArgumentTypeError: in one sentence.
    """
    result = {}
    for word in words:
        source, _, times = word.rpartition('=')
        try:
            result[source] = float(times)
        except ValueError:
            result[source] = -1.0
        if not source or not 0.0 < result[source] <= 100.0:
            raise argparse.ArgumentTypeError(
                f'--repeat takes SOURCE=TIMES, e.g. scenes=2, and not {word!r}'
            )
    return result


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.train',
        description=(__doc__ or '').splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    data = parser.add_argument_group('data')
    add_data_arguments(data)
    data.add_argument(
        '--split',
        default='honest',
        metavar='honest|plain|FILE',
        help='near-duplicates on one side; at random, as the tutorial did; or as a CSV file says, '
        'see training.split',
    )
    data.add_argument(
        '--repeat',
        nargs='*',
        default=[],
        metavar='SOURCE=TIMES',
        help='how often an epoch takes the faces of a source; a fraction takes them by turns',
    )
    what = parser.add_argument_group('net')
    what.add_argument('--head', choices=net.HEADS, default='gap', help='see training/README.md')
    what.add_argument('--input-size', type=int, default=160, metavar='PIXELS', help='its side')
    what.add_argument(
        '--crop-margin', type=float, default=0.3, metavar='M', help='around a face, parts of it'
    )
    what.add_argument('--alpha', type=float, default=1.0, help='width of the net')
    what.add_argument(
        '--backbone-weights',
        default='imagenet',
        metavar='imagenet|PATH',
        help='imagenet is fetched by Keras; a path names a weights file of MobileNetV2 without its '
        'top',
    )
    how = parser.add_argument_group('training')
    how.add_argument('--warm-up-epochs', type=int, default=2, metavar='N', help='of the head alone')
    how.add_argument('--epochs', type=int, default=16, metavar='N', help='of fine-tuning')
    how.add_argument(
        '--fine-tune-from',
        default='block_3_expand',
        metavar='LAYER',
        help="first layer of the backbone that learns; '' for all: better by little, and slower",
    )
    how.add_argument('--batch', type=int, default=32, metavar='FACES', help='of all workers')
    how.add_argument('--rate', type=float, default=3e-4, help='highest learning rate')
    how.add_argument('--weight-decay', type=float, default=1e-4, help='of AdamW')
    how.add_argument('--label-smoothing', type=float, default=0.05, help='of the loss')
    how.add_argument('--dropout', type=float, default=0.2, help='of the head gap')
    how.add_argument(
        '--patience', type=int, default=6, metavar='N', help='epochs without a better val loss'
    )
    how.add_argument('--seed', type=int, default=0, help='of everything')
    how.add_argument(
        '--mixed-precision', action='store_true', help='float16 where it is safe, for GPUs'
    )
    where = parser.add_argument_group('machines')
    where.add_argument(
        '--strategy',
        choices=STRATEGIES,
        default='one',
        help='one device, the GPUs of this machine, or several machines, each with this command',
    )
    where.add_argument(
        '--workers',
        metavar='HOST:PORT,...',
        help='all of them, the same list everywhere; the first one writes; if it is not given, '
        'TF_CONFIG says who',
    )
    where.add_argument('--worker-index', type=int, metavar='N', help='of this one, from 0')
    where.add_argument(
        '--worker-timeout', type=float, default=600.0, metavar='SECONDS', help='without an answer'
    )
    add('--output', type=Path, default=Path('models'), help='folder for the model')
    add(
        '--work',
        type=Path,
        default=Path('runs', NAME),
        help='folder of the run: checkpoints, history, TensorBoard',
    )
    arguments = parser.parse_args(argv)
    if arguments.head == 'tutorial':
        # Only what the command line leaves at its default.
        for key, value in TUTORIAL.items():
            if getattr(arguments, key) == parser.get_default(key):
                setattr(arguments, key, value)
    if arguments.warm_up_epochs < 1 or arguments.epochs < 0 or arguments.batch < 1:
        parser.error('--warm-up-epochs and --batch must be at least 1, --epochs at least 0')
    if not 0.0 <= arguments.crop_margin <= 0.5:
        parser.error('--crop-margin must lie between 0 and 0.5')
    try:
        arguments.repeat = repeats(arguments.repeat)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    return arguments


def split_of(
    samples: Sequence[Sample], arguments: argparse.Namespace, report: Report
) -> dict[str, list[Sample]]:
    """The split that the command line asks for."""
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
    """The net of the command line, with weights of a phase, its backbone learning from a layer."""
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
    course: Run,
    strategy: Strategy,
) -> dict[str, Phase]:
    """Train all phases, or what is left of them.

    Returns:
        The phases; in the chief, their best weights are on disk.
    """
    as_is, augmented = fixed_faces(splits['val'], spec), fixed_faces(splits['val'], spec, 0)
    data = Data(
        list(splits['train']),
        (np.concatenate([as_is[0], augmented[0]]), np.concatenate([as_is[1], augmented[1]])),
        EpochOrder(splits['train'], arguments.repeat, arguments.seed),
        Targets.from_samples(labels, splits['train'], arguments.repeat),
        spec,
    )
    warm_up = course.phase('warm_up')
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
    fine_tuning = course.phase('fine_tuning')
    # The other workers get the chief's weights.
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


def run(arguments: argparse.Namespace) -> Path | None:
    """Do what the command line says.

    Returns:
        The path of the model's description; None in a worker that is not the chief.

    Raises:
        MaskProximityError: the user's mistake, in one sentence.
    """
    start = time.monotonic()
    workers = None
    if arguments.strategy == 'multiworker':
        workers = Workers.parse(arguments.workers, arguments.worker_index)
    strategy = make_strategy(arguments.strategy, workers, arguments.worker_timeout)
    strategy.check_batch(arguments.batch)
    if workers is None:  # who must not use TensorFlow before they know each other
        net.build_backbone(arguments.backbone_weights, arguments.input_size, arguments.alpha, 'avg')
    if arguments.mixed_precision:
        keras.mixed_precision.set_global_policy('mixed_float16')
    course = Run(arguments.work, asked(arguments), strategy.workers.chief)
    report = Report()
    detector = load_face_detector(DetectorSettings())
    samples = load_samples(arguments.data, detector, arguments.tight, report, arguments.shield)
    labels = labels_in(samples, arguments.head)
    samples = [sample for sample in samples if LABELS[sample.label] in labels]
    splits = split_of(samples, arguments, report)
    for name, count in sorted(report.used.items()):
        print(f'{count:6d}  {name}')
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f'{arguments.output}: this folder cannot be made ({error.strerror}); '
            'name another by --output'
        ) from None
    spec = CropSpec(arguments.input_size, arguments.crop_margin)
    settings = {key: value for key, value in asked(arguments).items() if key not in PATHS}
    names = [sample.name for split in SPLITS for sample in splits[split]]
    with strategy.together():
        strategy.begin(json.dumps([settings, names]))
        phases = learn(splits, labels, spec, arguments, course, strategy)
    if not strategy.workers.chief:
        print(f'{strategy.workers.addresses[0]} writes the model')
        return None
    keras.mixed_precision.set_global_policy('float32')
    model = build(labels, arguments, list(phases.values())[-1].best_weights, None)
    path = finish(model, labels, arguments, report, splits, phases, spec)
    # At once, so that no part of it is ever taken for a run to go on with.
    done = arguments.work.with_name(f'{arguments.work.name}.done')
    shutil.rmtree(done, ignore_errors=True)
    arguments.work.rename(done)
    shutil.rmtree(done)
    print(f'wrote {path} and the files beside it after {(time.monotonic() - start) / 60:.1f} min')
    return path


def finish(
    model: keras.Model,
    labels: Sequence[str],
    arguments: argparse.Namespace,
    report: Report,
    splits: Mapping[str, Sequence[Sample]],
    phases: Mapping[str, Phase],
    spec: CropSpec,
) -> Path:
    """Calibrate, measure and export a trained model."""
    description = describe(arguments, labels, report, splits, phases)
    faces = {split: fixed_faces(splits[split], spec)[0] for split in ('val', 'test')}
    numbers = {split: numbers_of(splits[split], labels) for split in faces}
    predicted = {split: model.predict(faces[split], verbose=0) for split in faces}
    calibration = calibrate(predicted['val'], numbers['val'])
    description['calibration'] = calibration
    description['temperature'] = calibration['temperature']
    description['metrics'] = {
        split: scores_by_source(
            calibrated(predicted[split], calibration['temperature']),
            numbers[split],
            labels,
            [sample.source for sample in splits[split]],
        )
        for split in faces
    }

    def exported(split: str) -> LabelledFaces:
        step = -(-len(splits[split]) // EXPORT_FACES)
        return LabelledFaces(faces[split][::step], numbers[split][::step])

    step = max(1, len(splits['train']) // 300)
    representative = fixed_faces(splits['train'][::step], spec)[0]
    path = export(
        model, description, representative, exported('val'), exported('test'), arguments.output
    )
    draw_curves(phases, arguments.output / f'{NAME}_curves.png')
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Train from the command line."""
    try:
        run(parse(argv))
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('stopped; the same command goes on from here', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
