# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole training, as its user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drawn_faces import ALPHA, COUNTS, draw_face
from mask_proximity.core.masks import LABELS, crop_faces, load_mask_classifier
from mask_proximity.core.models import ModelDescription
from mask_proximity.core.scene import Box

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = {f'mask_classifier{end}' for end in ('.keras', '.tflite', '.onnx', '.json', '_curves.png')}

# Half a minute on two idle cores each; the suite keeps them busy.
pytestmark = [pytest.mark.xdist_group('training'), pytest.mark.timeout(300)]


def train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-m', 'training.train', *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )


def train_tiny(data: Path, output: Path, backbone: Path) -> dict[str, Any]:
    options = ('--tight', 'tiny', '--alpha', ALPHA, '--variants', 1, '--epochs', 40, '--seed', 1)
    done = train(
        '--data', data, '--output', output, '--backbone-weights', backbone, *map(str, options)
    )
    assert done.returncode == 0, done.stderr
    assert 'test accuracy' in done.stdout
    description: dict[str, Any] = json.loads((output / 'mask_classifier.json').read_text())
    return description


def test_it_learns_and_writes_what_serving_reads(
    tiny_data: Callable[[bool], Path], tiny_backbone: Path, tmp_path: Path
) -> None:
    data, output = tiny_data(False), tmp_path / 'new' / 'models'
    content = train_tiny(data, output, tiny_backbone)
    assert {path.name for path in output.iterdir()} == FILES
    assert cv2.imread(str(output / 'mask_classifier_curves.png')) is not None

    test = content['metrics']['test']
    assert test['faces'] == COUNTS['test'] and test['accuracy'] > 0.9
    assert content['training']['data']['used']['tiny/train/mask'] == COUNTS['train'] // 2
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
    accuracy = metrics['test']['accuracy']
    assert metrics['test']['faces'] == COUNTS['test']
    # Four standard deviations would be 0.35.
    assert 0.2 < accuracy < 0.8


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--backbone-weights', 'nowhere.h5'], 'nowhere.h5: there is no such file'),
        (['--backbone-weights', 'package.xml'], "weights 'package.xml' cannot be loaded"),
    ],
)
def test_a_mistake_gets_one_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    done = train('--data', tmp_path, '--output', tmp_path / 'models', *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert 'Traceback' not in done.stderr
    assert not (tmp_path / 'models').exists()


def test_missing_pictures_are_a_sentence(tmp_path: Path, tiny_backbone: Path) -> None:
    weights = ('--backbone-weights', tiny_backbone, '--alpha', str(ALPHA))
    done = train('--data', tmp_path, '--output', tmp_path / 'models', *weights)
    assert done.returncode == 1
    assert "no usable picture in any folder named 'mask'" in done.stderr
    assert 'Traceback' not in done.stderr
    assert not (tmp_path / 'models').exists()
