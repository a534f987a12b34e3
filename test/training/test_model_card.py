# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""models/README.md says what the descriptions say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mask_proximity.core.errors import ModelError
from mask_proximity.core.settings.nodes import DetectorSettings
from training.evaluation.observations import Observations, ObservedFace, ObservedScene
from training.evaluation.summary import summary
from training.model_card import card, main

MODELS = Path(__file__).resolve().parent.parent.parent / 'models'


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the models that a test may change."""
    target = tmp_path / 'models'
    shutil.copytree(MODELS, target)
    return target


def test_the_committed_card_is_the_generated_one() -> None:
    assert (MODELS / 'README.md').read_text(encoding='utf-8') == card(MODELS)


def test_every_model_file_is_in_it() -> None:
    text = card(MODELS)
    files = {path.name for path in MODELS.iterdir()} - {'README.md'}
    assert {'face_ssd.caffemodel', 'mask_classifier.keras', 'mask_classifier.onnx'} <= files
    for name in files:
        if not name.endswith('.json'):
            assert name in text


def test_the_numbers_come_from_the_description(copied: Path) -> None:
    path = copied / 'mask_classifier.json'
    content = json.loads(path.read_text(encoding='utf-8'))
    before = card(copied)
    content['metrics']['test']['mask'] = {'right': 123, 'of': 1234}
    path.write_text(json.dumps(content), encoding='utf-8')
    assert '10.0 % (123 of 1234)' in card(copied)
    assert '(123 of 1234)' not in before


def face(label: int, width: float, *probabilities: float) -> ObservedFace:
    return ObservedFace('x', 'crops', label, width, probabilities)


@pytest.fixture
def new_style(copied: Path) -> Path:
    """The models, as the training writes them today and the evaluation records its numbers."""
    path = copied / 'mask_classifier.json'
    content = json.loads(path.read_text(encoding='utf-8'))
    seen = Observations('mask_classifier')
    seen.faces = [
        face(0, 90.0, 0.9, 0.05, 0.05),
        face(1, 90.0, 0.9, 0.1, 0.0),
        face(1, 90.0, 0.1, 0.9, 0.0),
        face(2, 30.0, 0.1, 0.1, 0.8),
    ]
    seen.scenes = [ObservedScene('a.jpg', 'scenes', 640, (), (), ())]
    seen.crops = seen.faces[:1]
    own = summary(seen, DetectorSettings(), 1.25)
    epoch = {'loss': 0.1, 'accuracy': 0.9, 'val_loss': 0.2, 'val_accuracy': 0.8}
    row = {'accuracy': 0.9912, 'largest_difference': 0.0123}
    content['labels'] = ['mask', 'incorrect', 'no_mask']
    content['temperature'] = 1.25
    content['calibration'] = {
        'temperature': 1.25,
        'on': 'val',
        'faces': 812,
        'ece_before': 0.0311,
        'ece_after': 0.0107,
    }
    content['exports'] = {
        'machine': 'some CPU, 2 cores',
        'right': 'as labelled',
        'table': {
            'keras': {'bytes': 7, 'val': row},
            'litert_float16': {'bytes': 5, 'val': row, 'ms': {'1': 4.5, '2': 2.75}},
        },
    }
    content['default'] = {'rule': 'the fastest that errs no more', 'chosen': 'litert_float16'}
    content['files']['litert_float16'] = content['files']['litert']
    content['training'] |= {
        'history': {'warm_up': [epoch] * 2, 'fine_tuning': [epoch] * 7},
        'split': 'split.csv',
        'commit': 'abcdef',
    }
    content['training']['data']['used'] = {
        'crops/abcom/train/mask': 12,
        'scenes/train/incorrect': 34,
        'scenes/test/no_mask': 56,
        'mine/val/mask': 78,
    }
    content['metrics']['evaluation'] = {
        'made': {'date': '2030-01-02', 'version': '9.9', 'backend': 'litert'},
        'data': {'part': 'test', 'scenes': {'photos': 321, 'faces': {'mask': 3}}},
        'settings': {},
        'own': own,
        'peers': [{**own, 'name': 'somebody else'}],
        'pictures': {'ranking': 'mask_classifier_ranking.png'},
    }
    path.write_text(json.dumps(content), encoding='utf-8')
    return copied


@pytest.mark.parametrize(
    'words',
    [
        "Measured on 2030-01-02 by `python -m training.evaluate` on the part 'test' of the split",
        '321 photos with 3 labelled faces, of which 4 were found',
        '| near, with a mask: called mask | 99.0 % | 100.0 % (1 of 1; 20.7 to 100.0) | reached |',
        '| near, mask worn incorrectly: not called mask | 85.0 % '
        '| 50.0 % (1 of 2; 9.5 to 90.5) | not reached |',
        '| near, without: called no mask | 99.5 % | – | no such face |',
        '| worn incorrectly | 1 | 1 | 0 |',
        '| somebody else |',
        '![ROC curves, and precision over recall](mask_classifier_ranking.png)',
        '2 of warm up, 7 of fine tuning',
        'commit `abcdef`',
        'A temperature of 1.250, fitted on 812 faces of val',
        'of the likeliest class 0.0311 before and 0.0107 after',
        '| **litert_float16** | 5 | 4.5 | 2.75 | 99.12 % | 0.0123 |',
        'chosen by this rule: the fastest that errs no more.',
        '| scenes | 0 + 34 + 0 | 0 + 0 + 0 | 0 + 0 + 56 |',
        'jolignier/face-mask-dataset-ilc-2021',
        '**mine**: nothing is written down about who is in it.',
        'The split stands in `split.csv`.',
        'Of near masks worn incorrectly, 50.0 % (1 of 2) are still called mask.',
        'batches of 1',
    ],
)
def test_what_a_new_card_says(words: str, new_style: Path) -> None:
    assert words in card(new_style)


@pytest.mark.parametrize('words', ['Two classes only', 'not calibrated'])
def test_no_card_says_what_is_no_longer_true(words: str, new_style: Path) -> None:
    assert words not in card(new_style)
    path = new_style / 'mask_classifier.json'
    content = json.loads(path.read_text(encoding='utf-8'))
    content['labels'].remove('incorrect')
    del content['temperature']
    path.write_text(json.dumps(content), encoding='utf-8')
    assert words in card(new_style)


def test_the_default_file_is_listed_once(new_style: Path) -> None:
    name = json.loads((new_style / 'mask_classifier.json').read_text())['files']['litert']['file']
    assert card(new_style).count(f'| `{name}` |') == 1


def test_check_tells_an_old_card(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(copied), '--check']) == 0
    readme = copied / 'README.md'
    old = readme.read_text(encoding='utf-8') + 'edited by hand\n'
    readme.write_text(old, encoding='utf-8')
    assert main([str(copied), '--check']) == 1
    assert 'out of date' in capsys.readouterr().err
    assert readme.read_text(encoding='utf-8') == old
    assert main([str(copied)]) == 0
    assert main([str(copied), '--check']) == 0
    readme.unlink()
    assert main([str(copied), '--check']) == 1


def test_a_foreign_file_gets_no_card(copied: Path) -> None:
    with (copied / 'mask_classifier.onnx').open('ab') as file:
        file.write(b'x')
    with pytest.raises(ModelError, match='truncated or belongs to another model'):
        card(copied)


def test_an_empty_folder_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert 'no description of a model' in capsys.readouterr().err
