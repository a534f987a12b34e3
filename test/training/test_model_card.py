# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""models/README.md says what the descriptions say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mask_proximity.core.errors import ModelError
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
    with (copied / 'mask_classifier.tflite').open('ab') as file:
        file.write(b'x')
    with pytest.raises(ModelError, match='truncated or foreign'):
        card(copied)


def test_an_empty_folder_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert 'no description of a model' in capsys.readouterr().err
