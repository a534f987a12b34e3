# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The table tells a split that leaks from one that does not."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from mask_proximity.core.classification.crops import CropSpec, crop_faces
from mask_proximity.core.types import Box
from training import split_table
from training.annotations import DataError
from training.features import extract_features
from training.model import build_backbone
from training.sources import Sample, cut_sample
from training.split_table import Faces, honest, measure, plain, report, table

NOTHING = np.zeros((1, 1, 3), np.uint8)
BITS = np.zeros((6, 64), bool)


def twins(photos: int, source: str = 'mine') -> Faces:
    """Two faces of each photo, alike to the head; otherwise, nothing tells their label."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, photos).repeat(2) * 2
    groups = np.arange(photos).repeat(2)
    features = rng.normal(size=(photos, 400)).repeat(2, axis=0).astype(np.float32)
    samples = [
        Sample(f'{i}#0', f'{i}', source, '', int(label), NOTHING, Box(0, 0, 1, 1), BITS)
        for i, label in enumerate(labels)
    ]
    return Faces(samples, features, groups)


def nobody() -> Faces:
    faces = twins(1)
    return faces.part(np.zeros(2, bool))


@pytest.mark.parametrize('seed', range(3))
def test_on_what_cannot_be_learned_the_plain_split_flatters_and_the_honest_one_does_not(
    seed: int,
) -> None:
    faces = twins(300)
    flattered = measure(faces, nobody(), 'plain', seed)
    true = measure(faces, nobody(), 'honest', seed)
    assert flattered['with a near-duplicate in train'] > 80
    assert flattered['accuracy'] > 0.8 and flattered['accuracy on those'] > 0.9
    assert true['with a near-duplicate in train'] == 0
    assert 0.35 < true['accuracy'] < 0.65
    assert true['accuracy'] == true['accuracy on the rest'] and np.isnan(true['accuracy on those'])


def test_both_splits_learn_from_as_much() -> None:
    faces = twins(300)
    for split in (plain, honest):
        train, test = split(faces, 1)
        assert len(train) + len(test) == 600 and not set(train) & set(test)
        assert len(test) == pytest.approx(120, abs=2)


def test_recalls_are_those_of_each_class_and_of_the_other_source() -> None:
    rng = np.random.default_rng(1)
    faces = twins(200)
    shown = np.eye(3, dtype=np.float32)[faces.labels] * 20
    faces = Faces(faces.samples, shown, faces.groups)
    others = twins(50, 'scenes')
    wrong = others.labels == 2
    shown = np.eye(3, dtype=np.float32)[np.where(wrong, 0, others.labels)] * 20
    others = Faces(others.samples, shown + rng.normal(size=shown.shape) * 0.01, others.groups)
    measured = measure(faces, others, 'honest', 0)
    assert measured['recall, mask'] == measured['recall, no_mask'] == 1.0
    assert measured['recall elsewhere, mask'] == 1.0
    assert measured['recall elsewhere, no_mask'] == 0.0
    assert measured['accuracy elsewhere'] == pytest.approx(1 - wrong.mean())


def test_the_table_has_means_and_deviations() -> None:
    rows = {
        'plain': [{'faces in test': 10.0, 'accuracy': 0.9}, {'faces in test': 20.0, 'accuracy': 1}],
        'honest': [{'faces in test': 10.0, 'accuracy': float('nan')}] * 2,
    }
    assert list(table(rows)) == [
        '| | plain split | honest split |',
        '|---|---|---|',
        '| faces in test | 15.0 | 10.0 |',
        '| accuracy | 95.00 ± 5.00 % | – |',
    ]


def test_the_report_holds_the_sources_apart() -> None:
    mine, scenes = twins(100), twins(60, 'scenes')
    faces = Faces(
        [*mine.samples, *scenes.samples],
        np.concatenate([mine.features, scenes.features]),
        np.concatenate([mine.groups, scenes.groups + 100]),
    )
    text = '\n'.join(report(faces, 'scenes', 2))
    first, second = text.split('120 faces of scenes; 2 seeds\n')
    assert first.startswith('200 faces of mine; 2 seeds; elsewhere: scenes\n')
    assert 'accuracy elsewhere' in first and 'elsewhere' not in second
    with pytest.raises(DataError, match='another source by --apart'):
        list(report(scenes, 'scenes', 2))


@pytest.mark.tensorflow
def test_features_are_those_of_the_backbone(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    backbone = keras.applications.MobileNetV2(
        input_shape=(64, 64, 3), alpha=0.35, include_top=False, weights=None, pooling='avg'
    )
    rng = np.random.default_rng(0)
    pictures = [
        np.asarray(cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (80, 90)))
        for _ in range(3)
    ]
    samples = [
        cut_sample(f'{i}#0', f'{i}', 'mine', '', 0, picture, Box(10, 10, 60, 70), BITS[:4])
        for i, picture in enumerate(pictures)
    ]
    spec = CropSpec(64, 0.3)
    faces = [crop_faces(each.picture, [each.box], spec)[0] for each in samples]
    expected = backbone.predict(np.stack(faces), verbose=0)
    features = extract_features(backbone, samples, spec)
    np.testing.assert_allclose(features, expected, atol=1e-4)


@pytest.mark.tensorflow
def test_the_command_prints_the_table(
    tmp_path: Path, tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    rng = np.random.default_rng(0)
    for number in range(40):
        path = tmp_path / f'data/tight/{("mask", "face")[number % 2]}/{number}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        small = rng.integers(0, 256, (6, 6, 3), np.uint8)
        cv2.imwrite(str(path), cv2.resize(small, (90, 90), interpolation=cv2.INTER_CUBIC))
    monkeypatch.setattr(
        split_table, 'build_backbone', lambda weights, size: build_backbone(weights, size, 0.35)
    )
    words = ['--data', str(tmp_path / 'data'), '--tight', 'tight', '--seeds', '2']
    words += ['--input-size', '64', '--backbone-weights']
    assert split_table.main([*words, str(tiny_backbone)]) == 0
    output = capsys.readouterr().out
    assert output.startswith('40 faces of tight; 2 seeds')
    assert '| with a near-duplicate in train |' in output
    assert split_table.main([*words, str(tmp_path / 'nowhere.h5')]) == 1
    assert capsys.readouterr().err.startswith('error: ')
