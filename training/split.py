# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Write a file with the split of each photo, so that training and evaluation use the same one.

    python -m training.split --data DIR --output split.csv

Near-duplicate photos, and all faces of a photo, stay in the same part. The same data and seed give
the same file.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS
from training.sources import Report, add_data_arguments, load_samples
from training.splits import LEFT_OUT, PARTS, SPLITS, divide, near_duplicate_groups, write_split


def main(argv: Sequence[str] | None = None) -> int:
    """Split from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.split',
        description=(__doc__ or '').splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add_data_arguments(parser)
    parser.add_argument('--output', type=Path, default=Path('split.csv'), help='file to write')
    parser.add_argument('--seed', type=int, default=0, help='seed of the division')
    parser.add_argument(
        '--parts',
        type=int,
        nargs=3,
        default=list(PARTS.values()),
        metavar=('TRAIN', 'VAL', 'TEST'),
        help='per cent of the photos without a given split',
    )
    arguments = parser.parse_args(argv)
    if min(arguments.parts) < 1 or sum(arguments.parts) != 100:
        parser.error('--parts takes three numbers that add up to 100, e.g. 70 10 20')
    try:
        detector = load_face_detector(DetectorSettings())
        report = Report()
        samples = load_samples(arguments.data, detector, arguments.tight, report, arguments.shield)
        groups = near_duplicate_groups(samples)
        parts = dict(zip(SPLITS, arguments.parts, strict=True))
        splits = divide(samples, groups, arguments.seed, parts)
        write_split(arguments.output, samples, splits, groups)
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    counts = Counter(zip(splits, (sample.label for sample in samples), strict=True))
    for split in (*SPLITS, LEFT_OUT):
        faces = ', '.join(f'{counts[split, label]} {LABELS[label]}' for label in range(len(LABELS)))
        print(f'{split}: {faces}')
    print(f'wrote {arguments.output}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
