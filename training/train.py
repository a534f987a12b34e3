# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Train the mask classifier on folders of pictures and write it as serving reads it.

    python -m training.train --data DIR

The backbone is frozen, so each augmented variant of the training pictures goes through it once, and
the head then learns on the features: epoch e sees variant e modulo --variants.
"""

from __future__ import annotations

import os

# TensorFlow tells about the CPU's abilities on stderr; that is no news for a user.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import argparse
import datetime
import hashlib
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import keras
import matplotlib
import numpy as np
from matplotlib.figure import Figure
from sklearn.utils.class_weight import compute_class_weight

from mask_proximity.core.errors import MaskProximityError, ModelError
from mask_proximity.core.faces import SsdFaceDetector
from mask_proximity.core.masks import LABELS, PREPROCESSING, CropSpec, FloatArray, crop_faces
from mask_proximity.core.models import FACE_SSD, ModelDescription, models_directory
from training import model as net
from training.data import SPLITS, Report, Sample, load_samples, split_samples
from training.export import NAME, REFERENCE_FACES, export
from training.features import FeatureExtractor

BATCH = 32
LEARNING_RATE = 1e-3
TRIAL_EPOCHS = 10
"""Of several crop margins, the one is taken that does best in so many epochs on one variant."""


class FeatureEpochs(keras.utils.PyDataset):
    """Shuffled batches of features; each epoch takes the next variant."""

    def __init__(self, variants: Sequence[FloatArray], labels: np.ndarray, seed: int) -> None:
        """Take `variants`, each len(labels) x features."""
        super().__init__()
        self._variants, self._labels, self._seed = variants, labels, seed
        self._epoch = -1
        self.on_epoch_end()

    def __len__(self) -> int:
        """The number of batches."""
        return -(-len(self._labels) // BATCH)

    def __getitem__(self, index: int) -> tuple[FloatArray, np.ndarray]:
        """A batch of features and labels."""
        chosen = self._order[index * BATCH : (index + 1) * BATCH]
        return self._variants[self._epoch % len(self._variants)][chosen], self._labels[chosen]

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's variant and order."""
        self._epoch += 1
        rng = np.random.default_rng((self._seed, self._epoch))
        self._order = rng.permutation(len(self._labels))


@dataclass(frozen=True)
class Trained:
    """A model trained with one crop margin, and what val says about it."""

    margin: float
    head: keras.Model
    history: dict[str, list[float]]
    val: dict[str, Any]
    val_augmented: dict[str, Any]

    @property
    def loss(self) -> float:
        """The cross-entropy on val, each face as is and once augmented."""
        return float(self.val['cross_entropy'] + self.val_augmented['cross_entropy']) / 2


def labels_of(samples: Sequence[Sample]) -> np.ndarray:
    """The label of each sample."""
    return np.array([sample.label for sample in samples], np.int64)


def scores(probabilities: FloatArray, labels: np.ndarray) -> dict[str, Any]:
    """How many faces are right, all and by class, and the cross-entropy.

    Args:
        probabilities: n x len(LABELS).
        labels: n indices into LABELS.
    """
    right = probabilities.argmax(axis=1) == labels
    likelihood = probabilities[np.arange(len(labels)), labels]
    result: dict[str, Any] = {
        'faces': len(labels),
        'accuracy': round(float(right.mean()), 4),
        'cross_entropy': round(float(-np.log(np.maximum(likelihood, 1e-7)).mean()), 4),
    }
    for index, label in enumerate(LABELS):
        of_class = labels == index
        if of_class.any():
            result[label] = {'right': int(right[of_class].sum()), 'of': int(of_class.sum())}
    return result


def train(
    splits: dict[str, list[Sample]],
    extractor: FeatureExtractor,
    spec: CropSpec,
    epochs: int,
    variants: int,
    seed: int,
) -> Trained:
    """Train a head for one crop margin; the epoch with the lowest loss on val is kept.

    Args:
        splits: samples of 'train' and 'val'.
        extractor: of the frozen backbone.
        spec: how faces are cut.
        epochs: of the head.
        variants: so often each training picture is augmented.
        seed: of weights, order, dropout and augmentation.
    """

    def features(split: str, variant: int | None) -> FloatArray:
        kind = 'as is' if variant is None else f'augmented {variant + 1}/{variants}'
        what = f'margin {spec.margin}, {split} {kind}'
        return extractor.features(splits[split], spec, seed, variant, what)

    labels, val_labels = labels_of(splits['train']), labels_of(splits['val'])
    # Tight clean crops alone would be too easy to tell epochs and margins apart.
    val = [features('val', None), features('val', 0)]
    bank = [features('train', variant) for variant in range(variants)]
    keras.utils.set_random_seed(seed)
    head = net.build_head(bank[0].shape[1])
    steps = epochs * -(-len(labels) // BATCH)
    head.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        loss='sparse_categorical_crossentropy',
        metrics=['accuracy'],
    )
    classes = np.unique(labels)
    weights = compute_class_weight('balanced', classes=classes, y=labels)
    history = head.fit(
        FeatureEpochs(bank, labels, seed),
        epochs=epochs,
        validation_data=(np.concatenate(val), np.concatenate([val_labels, val_labels])),
        class_weight=dict(zip(classes.tolist(), weights, strict=True)),
        callbacks=[
            keras.callbacks.EarlyStopping(
                'val_loss', patience=epochs, restore_best_weights=True, start_from_epoch=0
            )
        ],
        verbose=2,
    )
    plain, augmented = (scores(head.predict(each, verbose=0), val_labels) for each in val)
    return Trained(spec.margin, head, history.history, plain, augmented)


def draw_curves(history: dict[str, list[float]], path: Path) -> None:
    """Save the curves of loss and accuracy as a picture."""
    matplotlib.use('Agg')
    figure = Figure(figsize=(9, 3.5), layout='constrained')
    axes = figure.subplots(1, 2)
    for axis, key in zip(axes, ('loss', 'accuracy'), strict=True):
        epochs = range(1, len(history[key]) + 1)
        axis.plot(epochs, history[key], marker='.', label='train (augmented, dropout)')
        axis.plot(epochs, history[f'val_{key}'], marker='.', label='val (as is and augmented)')
        axis.set_xlabel('epoch')
        axis.set_ylabel('cross-entropy' if key == 'loss' else key)
        axis.grid(alpha=0.3)
        axis.legend()
    scratch = path.with_suffix('.part.png')
    figure.savefig(scratch, dpi=80)
    os.replace(scratch, path)


def evaluate_test(probabilities: FloatArray, samples: Sequence[Sample]) -> dict[str, Any]:
    """The scores on the test split, all and by source."""
    labels = labels_of(samples)
    result = scores(probabilities, labels)
    sources = np.array([sample.source for sample in samples])
    if len(set(sources)) > 1:
        result['by_source'] = {
            str(source): scores(probabilities[sources == source], labels[sources == source])
            for source in sorted(set(sources))
        }
    return result


def describe(
    trained: Trained,
    tried: Sequence[Trained],
    arguments: argparse.Namespace,
    report: Report,
    splits: dict[str, list[Sample]],
) -> dict[str, Any]:
    """What serving must know, and what a reader should: see the model card."""
    weights = arguments.backbone_weights
    named = weights == 'imagenet'
    digests = {}
    for split in SPLITS:
        digest = hashlib.sha256()
        for sample in splits[split]:
            digest.update(sample.name.encode())
            digest.update(sample.picture.tobytes())
        digests[split] = digest.hexdigest()
    best = int(np.argmin(trained.history['val_loss']))
    packages = ('tensorflow-cpu', 'tensorflow', 'keras', 'ai-edge-litert', 'tf2onnx', 'numpy')
    versions = {'python': platform.python_version(), 'opencv': cv2.__version__}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        'name': NAME,
        'what': (
            f'Mask classifier: {net.BACKBONE} {arguments.alpha} at '
            f'{net.INPUT_SIZE}x{net.INPUT_SIZE}, ImageNet backbone frozen, global average pooling, '
            'dropout, dense softmax; float32'
        ),
        'source': 'trained by `python -m training.train` of this repository',
        'licence': (
            'Apache-2.0 (the head, this repository; the ImageNet weights of the backbone, Keras '
            'Applications)'
        ),
        'labels': list(LABELS),
        'input_size': net.INPUT_SIZE,
        'crop_margin': trained.margin,
        'preprocessing': dict(PREPROCESSING),
        'training': {
            'date': datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            'seed': arguments.seed,
            'epochs': arguments.epochs,
            'best_epoch': best + 1,
            'variants': arguments.variants,
            'batch': BATCH,
            'learning_rate': f'{LEARNING_RATE}, cosine decay to 0 (Adam)',
            'dropout': net.DROPOUT,
            'backbone': {
                'net': net.BACKBONE,
                'alpha': arguments.alpha,
                'weights': weights if named else Path(weights).name,
                'sha256': None if named else hashlib.sha256(Path(weights).read_bytes()).hexdigest(),
            },
            'data': {**report.as_dict(), 'sha256': digests},
            'choices': (
                'epoch and crop margin (of several, in short trials) were chosen by the lowest '
                'cross-entropy on val, each face as is and once augmented; nothing was chosen by '
                'test, which is read at the end'
            ),
            'crop_margins_tried': {
                str(each.margin): {'val': each.val, 'val_augmented': each.val_augmented}
                for each in tried
            },
            'versions': versions,
        },
    }


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.train', description=(__doc__ or '').splitlines()[0]
    )
    parser.add_argument(
        '--data',
        type=Path,
        required=True,
        help='folder that holds crops/<source>/[train|val|test/]{mask,face}/*, e.g. that of the '
        'environment variable MASK_PROXIMITY_DATA',
    )
    parser.add_argument(
        '--output', type=Path, default=Path('models'), help='folder for the model (default: models)'
    )
    parser.add_argument('--epochs', type=int, default=30, help='of the head (default: 30)')
    parser.add_argument(
        '--variants', type=int, default=6, help='augmentations of each picture (default: 6)'
    )
    parser.add_argument('--seed', type=int, default=0, help='(default: 0)')
    parser.add_argument(
        '--crop-margin',
        type=float,
        nargs='+',
        default=[0.0, 0.1, 0.2, 0.3],
        metavar='M',
        help='part of the face box added on every side; of several, val chooses in short trials '
        '(default: 0 0.1 0.2 0.3)',
    )
    parser.add_argument(
        '--tight',
        nargs='*',
        default=['abcom'],
        metavar='SOURCE',
        help='sources of face crops, whose pictures are taken whole where the detector finds no '
        'face; elsewhere such pictures are skipped (default: abcom)',
    )
    parser.add_argument(
        '--backbone-weights',
        default='imagenet',
        metavar='imagenet|PATH',
        help='imagenet is fetched by Keras; a path names a weights file of MobileNetV2 without its '
        'top (default: imagenet)',
    )
    parser.add_argument('--alpha', type=float, default=1.0, help='width of the net (default: 1.0)')
    arguments = parser.parse_args(argv)
    for name in ('epochs', 'variants'):
        if getattr(arguments, name) < 1:
            parser.error(f'--{name} must be at least 1')
    if not all(0.0 <= margin <= 0.5 for margin in arguments.crop_margin):
        parser.error('--crop-margin must lie between 0 and 0.5')
    return arguments


def run(arguments: argparse.Namespace) -> Path:
    """Do what the command line says.

    Returns:
        The path of the model's description.

    Raises:
        MaskProximityError: the user's mistake, in one sentence.
    """
    start = time.monotonic()
    backbone = net.build_backbone(arguments.backbone_weights, arguments.alpha)
    detector = SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))
    report = Report()
    samples = load_samples(arguments.data, detector, arguments.tight, report)
    splits = split_samples(samples, arguments.seed, report)
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f'{arguments.output}: this folder cannot be made ({error.strerror}); '
            'name another by --output'
        ) from None
    for name, count in sorted(report.used.items()):
        print(f'{count:6d}  {name}')
    extractor = FeatureExtractor(backbone)

    def train_at(margin: float, epochs: int, variants: int) -> Trained:
        spec = CropSpec(net.INPUT_SIZE, margin)
        return train(splits, extractor, spec, epochs, variants, arguments.seed)

    margins = list(dict.fromkeys(arguments.crop_margin))
    tried = [train_at(margin, TRIAL_EPOCHS, 1) for margin in margins] if margins[1:] else []
    margin = min(tried, key=lambda each: each.loss).margin if tried else margins[0]
    trained = train_at(margin, arguments.epochs, arguments.variants)
    spec = CropSpec(net.INPUT_SIZE, trained.margin)
    features = extractor.features(splits['test'], spec, arguments.seed, None, 'test')
    test = evaluate_test(trained.head.predict(features, verbose=0), splits['test'])
    description = describe(trained, tried, arguments, report, splits)
    description['metrics'] = {
        'val': trained.val,
        'val_augmented': trained.val_augmented,
        'test': test,
    }
    faces = [
        crop_faces(sample.picture, [sample.box], spec)
        for sample in splits['val'][:: max(1, len(splits['val']) // REFERENCE_FACES)]
    ]
    model = net.assemble(backbone, trained.head)
    path = export(model, description, np.concatenate(faces), arguments.output)
    draw_curves(trained.history, arguments.output / f'{NAME}_curves.png')
    print(f'val accuracy {trained.val["accuracy"]:.4f}, crop margin {trained.margin}')
    print(f'test accuracy {test["accuracy"]:.4f} on {test["faces"]} faces')
    print(f'wrote {path} and the files beside it in {time.monotonic() - start:.0f} s')
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Run the training from the command line."""
    arguments = parse(argv)
    try:
        run(arguments)
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
