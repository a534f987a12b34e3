# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The description of a trained model: what serving needs, and where the model comes from."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2

from mask_proximity.core.classification.crops import PREPROCESSING
from training.export import NAME
from training.model import BACKBONE
from training.progress import Phase
from training.sources import Report, Sample
from training.splits import SPLITS
from training.train_options import settings_without_paths


def describe(
    arguments: argparse.Namespace,
    labels: Sequence[str],
    report: Report,
    splits: Mapping[str, Sequence[Sample]],
    phases: Mapping[str, Phase],
) -> dict[str, Any]:
    """Return the description of a trained model, without its files and metrics.

    Args:
        arguments: Command line of training.train.
        labels: Classes of the net.
        report: What became of the data.
        splits: Samples of train, val and test.
        phases: Finished phases of the training, by name.
    """
    fine_tuned = {None: 'frozen', '': 'fine-tuned whole'}.get(
        arguments.fine_tune_from if arguments.epochs else None,
        f'fine-tuned from {arguments.fine_tune_from} on',
    )
    return {
        'name': NAME,
        'what': (
            f'Mask classifier: {BACKBONE} {arguments.alpha:g} at '
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
        'training': _training(arguments, report, splits, phases),
    }


def _training(
    arguments: argparse.Namespace,
    report: Report,
    splits: Mapping[str, Sequence[Sample]],
    phases: Mapping[str, Phase],
) -> dict[str, Any]:
    weights = arguments.backbone_weights
    path = None if weights == 'imagenet' else Path(weights)
    return {
        'date': datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        'commit': source_commit(),
        **settings_without_paths(arguments),
        'split': Path(arguments.split).name,
        'best_epochs': {name: phase.best_epoch + 1 for name, phase in phases.items()},
        'history': {name: phase.history for name, phase in phases.items()},
        'backbone': {
            'net': BACKBONE,
            'alpha': arguments.alpha,
            'weights': path.name if path else weights,
            'sha256': hashlib.sha256(path.read_bytes()).hexdigest() if path else None,
        },
        'data': {
            **report.as_dict(),
            'sha256': {split: samples_digest(splits[split]) for split in SPLITS},
        },
        'choices': (
            'the epoch was chosen by the lowest loss on val (each face as is and once '
            'augmented), the temperature by the likelihood of val; test is read at the end'
        ),
        'versions': package_versions(),
    }


def samples_digest(samples: Sequence[Sample]) -> str:
    """Return the sha256 of the names and pixels of samples, in hexadecimal."""
    result = hashlib.sha256()
    for sample in samples:
        result.update(sample.name.encode())
        result.update(sample.picture.tobytes())
    return result.hexdigest()


def source_commit() -> str | None:
    """Return the commit of the source tree, with a + if files differ from it.

    None if the source tree is no git repository.
    """

    def git(*words: str) -> str:
        folder = Path(__file__).parent
        return subprocess.run(
            ['git', *words], cwd=folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    try:
        return git('rev-parse', 'HEAD') + ('+' if git('status', '--porcelain', '-uno') else '')
    except (OSError, subprocess.CalledProcessError):
        return None


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that can change the result."""
    result = {'python': platform.python_version(), 'opencv': cv2.__version__}
    for package in ('tensorflow-cpu', 'tensorflow', 'keras', 'ai-edge-litert', 'tf2onnx', 'numpy'):
        try:
            result[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return result
