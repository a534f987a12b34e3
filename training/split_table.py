# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Compare the accuracy that a plain random split and an honest split report for the same head.

    python -m training.split_table --data DIR

The head is a logistic regression on features of the frozen backbone, which is fast enough for many
splits. The output is a Markdown table of means and standard deviations over the seeds.
"""

from __future__ import annotations

import os

# Keep TensorFlow's notes about the CPU off stderr.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from mask_proximity.core.classification.crops import CropSpec
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, FloatArray
from training.annotations import DataError
from training.features import extract_features
from training.model import build_backbone
from training.sources import Report, Sample, add_data_arguments, load_samples
from training.splits import Groups, divide, near_duplicate_groups, plain_split

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Faces:
    """Samples with their features and groups of near-duplicates, one row each."""

    samples: list[Sample]
    features: FloatArray
    groups: Groups

    @property
    def labels(self) -> Indices:
        """Indices into LABELS."""
        return np.array([sample.label for sample in self.samples], np.int64)

    def part(self, chosen: npt.NDArray[np.bool_]) -> Faces:
        """Return the chosen faces."""
        samples = [self.samples[index] for index in np.flatnonzero(chosen)]
        return Faces(samples, self.features[chosen], self.groups[chosen])


def plain(faces: Faces, seed: int) -> tuple[Indices, Indices]:
    """Return the indices of train and test after the tutorial's split, 80 : 20."""
    numbers = {sample.name: number for number, sample in enumerate(faces.samples)}
    splits = plain_split(faces.samples, seed=seed)
    train, test = (
        np.array([numbers[sample.name] for sample in splits[split]], np.int64)
        for split in ('train', 'test')
    )
    return train, test


def honest(faces: Faces, seed: int) -> tuple[Indices, Indices]:
    """Return the indices of train (with val, which is not needed here) and test, 80 : 20."""
    samples = [replace(sample, split='') for sample in faces.samples]
    splits = np.array(divide(samples, faces.groups, seed))
    return np.flatnonzero(splits != 'test'), np.flatnonzero(splits == 'test')


SPLITTERS: dict[str, Callable[[Faces, int], tuple[Indices, Indices]]] = {
    'plain': plain,
    'honest': honest,
}


def measure(faces: Faces, others: Faces, split: str, seed: int) -> dict[str, float]:
    """Train a head on one split and measure it.

    Args:
        faces: Faces to split.
        others: Faces of sources that the head is not trained on.
        split: One of SPLITTERS.
        seed: Seed of the split.

    Returns:
        How many faces of test have a near-duplicate (or another face of their photo) in train, the
        accuracy on those and on the rest, and accuracy and recalls on test and on the others.
    """
    train, test = SPLITTERS[split](faces, seed)
    head = LogisticRegression(max_iter=300, class_weight='balanced')
    head.fit(faces.features[train], faces.labels[train])
    right = head.predict(faces.features[test]) == faces.labels[test]
    leaked = np.isin(faces.groups[test], faces.groups[train])
    result = {
        'faces in test': float(len(test)),
        'with a near-duplicate in train': float(leaked.sum()),
        'accuracy': _mean(right),
        'accuracy on those': _mean(right[leaked]),
        'accuracy on the rest': _mean(right[~leaked]),
    }
    result |= _recalls(right, faces.labels[test], 'recall')
    known = np.isin(others.labels, head.classes_)
    if known.any():
        seen = head.predict(others.features[known]) == others.labels[known]
        result['accuracy elsewhere'] = _mean(seen)
        result |= _recalls(seen, others.labels[known], 'recall elsewhere')
    return result


def _mean(right: npt.NDArray[np.bool_]) -> float:
    return float(right.mean()) if len(right) else float('nan')


def _recalls(right: npt.NDArray[np.bool_], labels: Indices, what: str) -> dict[str, float]:
    return {
        f'{what}, {LABELS[label]}': _mean(right[labels == label]) for label in np.unique(labels)
    }


def table(rows: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    """Yield the lines of a Markdown table.

    Args:
        rows: For each split, what `measure` returned for each seed.
    """
    yield f'| | {" | ".join(f"{split} split" for split in rows)} |'
    yield '|---|' + '---|' * len(rows)
    for key in next(iter(rows.values()))[0]:
        cells = []
        for measured in rows.values():
            values = np.array([each[key] for each in measured])
            values = values[~np.isnan(values)]
            if not len(values):
                cells.append('–')
            elif key.startswith(('accuracy', 'recall')):
                cells.append(f'{100 * values.mean():.2f} ± {100 * values.std():.2f} %')
            else:
                cells.append(f'{values.mean():.1f}')
        yield f'| {key} | {" | ".join(cells)} |'


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog='python -m training.split_table',
        description=(__doc__ or '').splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add_data_arguments(parser)
    parser.add_argument(
        '--apart',
        default='scenes',
        metavar='SOURCE',
        help='source (its last part) that the others are measured on, and that is split by itself',
    )
    parser.add_argument('--seeds', type=int, default=10, help='number of splits of each kind')
    parser.add_argument(
        '--input-size', type=int, default=160, help='side of the square input in pixels'
    )
    parser.add_argument(
        '--crop-margin',
        type=float,
        default=0.3,
        help='margin around a face, as a fraction of its box',
    )
    parser.add_argument(
        '--backbone-weights',
        default='imagenet',
        metavar='imagenet|PATH',
        help='as for training.train',
    )
    arguments = parser.parse_args(argv)
    try:
        backbone = build_backbone(arguments.backbone_weights, arguments.input_size)
        detector = load_face_detector(DetectorSettings())
        samples = load_samples(
            arguments.data, detector, arguments.tight, Report(), arguments.shield
        )
        spec = CropSpec(arguments.input_size, arguments.crop_margin)
        faces = Faces(
            samples, extract_features(backbone, samples, spec), near_duplicate_groups(samples)
        )
        print('\n'.join(report(faces, arguments.apart, arguments.seeds)))
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


def report(faces: Faces, apart: str, seeds: int) -> Iterator[str]:
    """Yield the lines of two tables: for the sources together, and for the one kept apart.

    Args:
        faces: All faces.
        apart: Last part of the source that is kept apart.
        seeds: Number of splits of each kind.

    Raises:
        DataError: There are too few faces.
    """
    is_apart = np.array(
        [sample.source.rpartition('/')[2] == apart for sample in faces.samples], bool
    )
    others, mine = faces.part(is_apart), faces.part(~is_apart)
    nobody = faces.part(np.zeros(len(is_apart), bool))
    if not mine.samples:
        raise DataError(
            f'there are no faces but those of {apart!r}; name another source by --apart'
        )
    for pool, elsewhere in ((mine, others), (others, nobody)):
        if not pool.samples:
            continue
        sources = ', '.join(sorted({sample.source for sample in pool.samples}))
        yield f'{len(pool.samples)} faces of {sources}; {seeds} seeds' + (
            f'; elsewhere: {apart}' if elsewhere.samples else ''
        )
        yield ''
        yield from table(
            {
                split: [
                    measure(pool, elsewhere, split, seed)
                    for seed in tqdm(range(seeds), f'{split} split', mininterval=2)
                ]
                for split in SPLITTERS
            }
        )
        yield ''


if __name__ == '__main__':
    sys.exit(main())
