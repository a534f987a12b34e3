# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole training, as its user starts it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_proximity.core.classification.classifier import load_mask_classifier
from mask_proximity.core.classification.crops import crop_faces
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.types import LABELS, Box
from support.drawn_faces import ALPHA, COUNTS, draw_face

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = {
    *('mask_classifier.json', 'mask_classifier.keras', 'mask_classifier.onnx'),
    *(f'mask_classifier_{kind}.tflite' for kind in ('float32', 'float16', 'int8')),
    'mask_classifier_curves.png',
}

# Less than a minute on two idle cores each; the suite keeps them busy.
pytestmark = [pytest.mark.xdist_group('training'), pytest.mark.timeout(300)]


def train(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-m', 'training.train', *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )


def train_tiny(data: Path, output: Path, backbone: Path, *more: object) -> dict[str, Any]:
    options = (
        *('--data', data, '--output', output, '--work', output.parent / 'run'),
        *('--backbone-weights', backbone, '--alpha', ALPHA, '--input-size', 96),
        *('--split', data.parent / 'split.csv'),
        *('--tight', 'tiny', '--batch', 8, '--warm-up-epochs', 2, '--epochs', 30),
        *('--fine-tune-from', '', '--rate', 3e-3, '--patience', 99, '--seed', 1),
    )
    done = train(*options, *more)
    assert done.returncode == 0, done.stderr
    assert not (output.parent / 'run').exists()
    description: dict[str, Any] = json.loads((output / 'mask_classifier.json').read_text())
    return description


def test_it_learns_and_writes_what_serving_reads(
    tiny_data: Callable[[bool], Path], tiny_backbone: Path, tmp_path: Path
) -> None:
    data, output = tiny_data(False), tmp_path / 'new' / 'models'
    content = train_tiny(data, output, tiny_backbone)
    assert {path.name for path in output.iterdir()} == FILES
    assert cv2.imread(str(output / 'mask_classifier_curves.png')) is not None

    assert content['labels'] == ['mask', 'no_mask']  # nobody wears one incorrectly
    test = content['metrics']['test']
    assert test['faces'] == COUNTS['test'] and test['accuracy'] > 0.9
    assert content['training']['data']['used']['crops/tiny/train/mask'] == COUNTS['train'] // 2
    assert [len(content['training']['history'][p]) for p in ('warm_up', 'fine_tuning')] == [2, 30]
    assert content['temperature'] == content['calibration']['temperature'] > 0
    assert str(tmp_path) not in json.dumps(content)

    description = ModelDescription.load(output / 'mask_classifier.json')
    for backend in ('litert', 'opencv', 'tensorflow'):
        rng = np.random.default_rng(99)
        classifier = load_mask_classifier(description, backend, 1)
        for masked in (True, False):
            pictures = [draw_face(rng, masked) for _ in range(10)]
            faces = [crop_faces(p, [Box(0, 0, 96, 96)], classifier.crop_spec) for p in pictures]
            called = classifier.classify(np.concatenate(faces)).argmax(axis=1)
            assert (called == LABELS.index('mask' if masked else 'no_mask')).sum() >= 9


def test_shuffled_labels_stay_at_chance(
    tiny_data: Callable[[bool], Path], tiny_backbone: Path, tmp_path: Path
) -> None:
    metrics = train_tiny(tiny_data(True), tmp_path / 'models', tiny_backbone)['metrics']
    assert metrics['test']['faces'] == COUNTS['test']
    # Four standard deviations would be 0.35.
    assert 0.2 < metrics['test']['accuracy'] < 0.8


def test_three_classes_where_the_data_has_three(
    tiny_data: Callable[[bool], Path], tiny_backbone: Path, tmp_path: Path
) -> None:
    data = tiny_data(False)
    for split in COUNTS:
        shutil.copytree(data / f'crops/tiny/{split}/mask', data / f'crops/tiny/{split}/incorrect')
    lines = (tmp_path / 'split.csv').read_text(encoding='utf-8').splitlines()
    more = [line.replace('/mask/', '/incorrect/') for line in lines if '/mask/' in line]
    (tmp_path / 'split.csv').write_text('\n'.join([*lines, *more]), encoding='utf-8')
    short = ('--warm-up-epochs', 1, '--epochs', 0)
    content = train_tiny(data, tmp_path / 'models', tiny_backbone, *short)
    assert content['labels'] == list(LABELS)
    assert 'frozen' in content['what']


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--backbone-weights', 'nowhere.h5'], 'nowhere.h5: there is no such file'),
        (['--backbone-weights', 'package.xml'], "weights 'package.xml' cannot be loaded"),
    ],
)
def test_a_mistake_gets_one_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    folders = ('--data', tmp_path, '--output', tmp_path / 'models', '--work', tmp_path / 'run')
    done = train(*folders, *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert 'Traceback' not in done.stderr
    assert not (tmp_path / 'models').exists()


def test_missing_pictures_are_a_sentence(tmp_path: Path, tiny_backbone: Path) -> None:
    weights = ('--backbone-weights', tiny_backbone, '--alpha', str(ALPHA))
    folders = ('--output', tmp_path / 'models', '--work', tmp_path / 'run')
    done = train('--data', tmp_path, *folders, *weights)
    assert done.returncode == 1
    assert 'no usable picture of the class mask' in done.stderr
    assert 'Traceback' not in done.stderr
    assert not (tmp_path / 'models').exists()


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--warm-up-epochs', '0'], '--warm-up-epochs and --batch must be at least 1'),
        (['--crop-margin', '0.9'], '--crop-margin must lie between 0 and 0.5'),
        (['--repeat', 'scenes'], "--repeat takes SOURCE=TIMES, e.g. scenes=2, and not 'scenes'"),
        (['--repeat', 'scenes=0'], '--repeat takes SOURCE=TIMES'),
    ],
)
def test_a_wrong_argument_gets_one_sentence(arguments: list[str], sentence: str) -> None:
    done = train('--data', '.', *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
