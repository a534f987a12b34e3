# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""training.train as a process of its own, on drawn faces and a small net, without exports.

The command line is that of training.train. What it learned is written to `learned.json` in the
folder of --output. The variable KILL_AT=NAME:N kills the process by SIGKILL at the Nth call of
os.replace that concerns a file whose name begins with NAME, before the call, and with NAME:N+ after
it; KILL_AT=step:N after the Nth step.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from mask_proximity.core.types import LABELS, Box
from support.drawn_faces import draw_face
from training import train
from training.progress import Phase
from training.sources import Sample

FACES = {'train': 44, 'val': 16, 'test': 4}


def draw_samples(*_: object) -> list[Sample]:
    """Drawn faces, half of them masked, some of the labels wrong, so that the loss stays up."""
    rng = np.random.default_rng(7)
    samples = []
    for split, count in FACES.items():
        for number in range(count):
            masked = bool(number % 2)
            label = LABELS.index('mask' if masked != (number % 7 == 0) else 'no_mask')
            name = f'drawn/{split}/{number}.png'
            picture = draw_face(rng, masked)
            bits = np.zeros((4, 64), bool)
            samples.append(
                Sample(name, name, 'drawn', split, label, picture, Box(8, 8, 88, 88), bits)
            )
    return samples


def build_backbone(weights: str, input_size: int, alpha: float, pooling: str | None) -> keras.Model:
    """A net that is traced in a second."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((input_size, input_size, 3)),
            layers.Conv2D(8, 3, strides=2, name='first'),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.DepthwiseConv2D(3, strides=2, name='second'),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.GlobalAveragePooling2D(),
        ],
        name='backbone',
    )


def by_name(samples: list[Sample], *_: object) -> dict[str, list[Sample]]:
    """The split that the faces were drawn for."""
    return {split: [each for each in samples if each.split == split] for split in FACES}


def write_learned(
    model: keras.Model,
    labels: object,
    arguments: argparse.Namespace,
    report: object,
    splits: object,
    phases: Mapping[str, Phase],
    *_: object,
) -> Path:
    """Instead of exports."""
    weights = b''.join(np.asarray(each).tobytes() for each in model.get_weights())
    learned: dict[str, Any] = {
        'weights': hashlib.sha256(weights).hexdigest(),
        'phases': {name: phase.history for name, phase in phases.items()},
    }
    path: Path = arguments.output / 'learned.json'
    path.write_text(json.dumps(learned))
    return path


def die() -> None:
    """As by the kernel, out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at(what: str) -> None:
    """See the head of this file."""
    name, _, count = what.partition(':')
    left = int(count.rstrip('+'))
    if name == 'step':
        compute = train.keras.Model.fit

        class Step(keras.callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: object = None) -> None:
                nonlocal left
                left -= 1
                if not left:
                    die()

        def fit(*arguments: Any, callbacks: list[keras.callbacks.Callback], **rest: Any) -> Any:
            return compute(*arguments, callbacks=[*callbacks, Step()], **rest)

        train.keras.Model.fit = fit
        return
    replace = os.replace

    def replace_or_die(source: Path, target: Path) -> None:
        nonlocal left
        left -= Path(target).name.startswith(name)
        if not left and not count.endswith('+'):
            # What stands in the file may be on disk in part.
            os.truncate(source, Path(source).stat().st_size // 2)
            die()
        replace(source, target)
        if not left:
            die()

    os.replace = replace_or_die


def main(arguments: Sequence[str]) -> int:
    """Train; see the head of this file."""
    cv2.setNumThreads(1)
    train.load_samples = draw_samples
    train.load_face_detector = lambda *_: None
    train.split_of = by_name
    train.net.build_backbone = build_backbone
    train.finish = write_learned
    if 'KILL_AT' in os.environ:
        kill_at(os.environ['KILL_AT'])
    if devices := os.environ.get('LOGICAL_CPUS'):
        import tensorflow as tf

        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices('CPU')[0],
            [tf.config.LogicalDeviceConfiguration()] * int(devices),
        )
    return train.main(arguments)
