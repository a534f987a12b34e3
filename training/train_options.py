# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The command line of training.train."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.export import NAME
from training.model import HEADS
from training.sources import add_data_arguments
from training.strategies import STRATEGIES

TUTORIAL_DEFAULTS = {
    'input_size': 224,
    'batch': 40,
    'warm_up_epochs': 10,
    'epochs': 0,
    'split': 'plain',
    'seed': 42,
}
"""Defaults with `--head tutorial`. The tutorial's backbone stayed frozen."""

RESULT_OPTIONS = (
    *('data', 'split', 'repeat', 'tight', 'shield'),
    *('head', 'input_size', 'crop_margin', 'alpha', 'backbone_weights'),
    *('warm_up_epochs', 'epochs', 'fine_tune_from', 'batch', 'rate', 'weight_decay'),
    *('label_smoothing', 'dropout', 'patience', 'seed', 'mixed_precision'),
)
"""The options that can change the result of a run."""

PATH_OPTIONS = ('data', 'split', 'backbone_weights')
"""Those of RESULT_OPTIONS whose values hold only on the user's machine."""


def requested(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that can change the result of a run."""
    return {name: getattr(arguments, name) for name in RESULT_OPTIONS}


def settings_without_paths(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return `requested` without PATH_OPTIONS."""
    return {key: value for key, value in requested(arguments).items() if key not in PATH_OPTIONS}


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse and check the command line; exits with 2 if an argument is wrong."""
    parser = argparse.ArgumentParser(
        prog='python -m training.train',
        description='Train the mask classifier on folders of pictures and write the files that '
        'serving reads.',
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_data_options(parser)
    _add_net_options(parser)
    _add_training_options(parser)
    _add_machine_options(parser)
    parser.add_argument('--output', type=Path, default=Path('models'), help='folder for the model')
    parser.add_argument(
        '--work',
        type=Path,
        default=Path('runs', NAME),
        help='folder of the run: checkpoints, history, TensorBoard',
    )
    arguments = parser.parse_args(argv)
    if arguments.head == 'tutorial':
        for key, value in TUTORIAL_DEFAULTS.items():
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


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('data')
    add_data_arguments(group)
    group.add_argument(
        '--split',
        default='honest',
        metavar='honest|plain|FILE',
        help='honest: near-duplicates stay in one part; plain: at random, as in the tutorial; or a '
        'CSV file written by training.split',
    )
    group.add_argument(
        '--repeat',
        nargs='*',
        default=[],
        metavar='SOURCE=TIMES',
        help='how often an epoch uses each face of a source; with a fraction, epochs use its faces '
        'in turn',
    )


def _add_net_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group('net').add_argument
    add('--head', choices=HEADS, default='gap', help='see training/README.md')
    add('--input-size', type=int, default=160, metavar='PIXELS', help='side of the square input')
    add(
        '--crop-margin',
        type=float,
        default=0.3,
        metavar='M',
        help='margin added to each side of a face box, as a fraction of its size',
    )
    add('--alpha', type=float, default=1.0, help='width multiplier of MobileNetV2')
    add(
        '--backbone-weights',
        default='imagenet',
        metavar='imagenet|PATH',
        help='imagenet: fetched by Keras; otherwise a weights file of MobileNetV2 without its top',
    )


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group('training').add_argument
    add('--warm-up-epochs', type=int, default=2, metavar='N', help='epochs of the head alone')
    add('--epochs', type=int, default=16, metavar='N', help='epochs of fine-tuning')
    add(
        '--fine-tune-from',
        default='block_3_expand',
        metavar='LAYER',
        help="first layer of the backbone that is trained; '' trains all: slightly better, slower",
    )
    add('--batch', type=int, default=32, metavar='FACES', help='batch size of all workers together')
    add('--rate', type=float, default=3e-4, help='highest learning rate of fine-tuning')
    add('--weight-decay', type=float, default=1e-4, help='weight decay of AdamW')
    add('--label-smoothing', type=float, default=0.05, help='label smoothing of the loss')
    add('--dropout', type=float, default=0.2, help="dropout of the head 'gap'")
    add(
        '--patience',
        type=int,
        default=6,
        metavar='N',
        help='stop after so many epochs without a lower val loss',
    )
    add('--seed', type=int, default=0, help='seed of everything random')
    add(
        '--mixed-precision',
        action='store_true',
        help='compute in float16 where it is safe; pays on GPUs',
    )


def _add_machine_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group('machines').add_argument
    add(
        '--strategy',
        choices=STRATEGIES,
        default='one',
        help='one device, the GPUs of this machine, or several machines, each with this command',
    )
    add(
        '--workers',
        metavar='HOST:PORT,...',
        help='all workers, in the same order on every machine; the first one writes the model; '
        'default: TF_CONFIG',
    )
    add('--worker-index', type=int, metavar='N', help='index of this worker, from 0')
    add(
        '--worker-timeout',
        type=float,
        default=600.0,
        metavar='SECONDS',
        help='give up if another worker does not answer for so long',
    )


def repeats(words: Sequence[str]) -> dict[str, float]:
    """Parse the values of `--repeat`.

    Raises:
        argparse.ArgumentTypeError: A value is not SOURCE=TIMES with TIMES in (0, 100].
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
