# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The evaluation from the command line: pictures in, one report and one JSON out, or a sentence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from mask_proximity.core.models.description import MASK_CLASSIFIER, models_directory
from mask_proximity.core.types import Image
from training import evaluate as command

OBJECT = (
    '<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax>'
    '</bndbox></object>'
)


@pytest.fixture
def data(tmp_path: Path, portrait: Image) -> Path:
    """One real photo with one bare face as a scene, and the face as a crop; one file is broken."""
    scenes, crops = tmp_path / 'data' / 'scenes', tmp_path / 'data' / 'crops'
    for folder in (scenes / 'images', scenes / 'annotations', crops / 'mask', crops / 'face'):
        folder.mkdir(parents=True)
    annotation = f'<annotation>{OBJECT.format("without_mask", 179, 58, 272, 177)}</annotation>'
    for name in ('portrait', 'broken'):
        (scenes / 'annotations' / f'{name}.xml').write_text(annotation)
    assert cv2.imwrite(str(scenes / 'images' / 'portrait.png'), portrait)
    (scenes / 'images' / 'broken.png').write_bytes(b'\x89PNG')
    assert cv2.imwrite(str(crops / 'face' / 'a.png'), portrait[20:220, 130:330])
    masked = portrait[20:220, 130:330].copy()
    masked[110:170, 50:130] = 230
    assert cv2.imwrite(str(crops / 'mask' / 'b.png'), masked)
    return tmp_path / 'data'


def own_model() -> str:
    return str(models_directory() / MASK_CLASSIFIER)


def keys(node: object, path: str = '') -> set[str]:
    """The paths of a JSON object; what hangs on the data is left out."""
    if not isinstance(node, dict):
        return {path}
    return {
        found
        for key, value in node.items()
        for found in keys(value, f'{path}.{"*" if path in DATA else key}')
    }


DATA = ('.model.files', '.own.scenes.classifier.by_source', '.own.crops.classifier.by_source')

RATE = ('right', 'of', 'rate', 'low', 'high')


def test_a_real_photo(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / 'out' / 'report'
    arguments = ['--model', own_model(), '--output', str(output), '--backend', 'opencv']
    arguments += ['--scenes', str(data / 'scenes'), '--crops', str(data / 'crops')]
    arguments += ['--tight', 'crops']
    assert command.main(arguments) == 0
    assert sorted(path.name for path in output.iterdir()) == ['report.html', 'report.json']
    result = json.loads((output / 'report.json').read_text())
    assert result['format'] == 1
    assert result['data']['scenes'] == {
        'photos': 1,
        'faces': {'mask': 0, 'incorrect': 0, 'no_mask': 1},
    }
    assert result['data']['crops'] == {'faces': {'mask': 1, 'incorrect': 0, 'no_mask': 1}}
    (problem,) = result['data']['problems']
    assert problem == 'images/broken.png: no picture'
    near = result['own']['scenes']['classifier']['by_width']['near']
    assert near['classes']['no_mask']['recall']['right'] == 1
    assert result['own']['scenes']['pipeline']['near_unmasked']['alerted']['right'] == 1
    assert result['own']['crops']['batches']['batches'] == 1
    for key in (
        '.made.date',
        '.model.files.*',
        '.settings.face_confidence',
        *(f'.own.scenes.classifier.by_source.*.accuracy.{part}' for part in RATE),
        *(
            f'.own.scenes.classifier.by_width.{width}.classes.{label}.{measure}.{part}'
            for width in ('near', '> 120 px', '60-120 px', 'far', '< 24 px')
            for label in ('mask', 'incorrect', 'no_mask')
            for measure in ('precision', 'recall', 'not_called_mask')
            for part in RATE
        ),
        '.own.scenes.classifier.confusion',
        '.own.scenes.classifier.ranking.mask.roc_auc',
        '.own.scenes.classifier.calibration.ece',
        '.own.scenes.classifier.states.mask.UNSURE',
        '.own.scenes.aims',
        '.own.scenes.pipeline.average_precision.face',
        '.own.scenes.pipeline.found.near.mask.rate',
        '.own.scenes.pipeline.false_alarms_per_photo',
        '.own.scenes.pipeline.photos_with_alert.where_due.rate',
        '.own.crops.batches.mean',
        '.mistakes',
        '.peers',
    ):
        assert key in keys(result)
    told = capsys.readouterr().out
    assert re.search(r'near, without: called no mask +100\.00 % of 99\.5 %: reached', told)
    page = (output / 'report.html').read_text()
    assert 'http' not in re.sub(r'data:image/png;base64,[A-Za-z0-9+/=]+', '', page)


def test_ctrl_c_leaves_nothing(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # In another process, so that the signal is a real one.
    script = (
        'import signal, sys\n'
        'from training import evaluate\n'
        'from training.evaluation.models import OwnModel\n'
        # A shell has its background jobs ignore it, and what they start.
        'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
        'OwnModel.predict = lambda *_: signal.raise_signal(signal.SIGINT)\n'
        'sys.exit(evaluate.main(sys.argv[1:]))\n'
    )
    output = tmp_path / 'report'
    arguments = ['--model', own_model(), '--scenes', str(data / 'scenes'), '--output', str(output)]
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, '-c', script, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == command.INTERRUPTED
    assert 'stopped; no report was written' in done.stderr
    assert 'Traceback' not in done.stderr
    assert not output.exists() or not list(output.iterdir())


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--scenes', 'nowhere'], 'nowhere: there is no such folder'),
        (['--crops', 'nowhere'], 'nowhere: there is no such folder'),
        (['--scenes', '{data}/scenes', '--model', 'nowhere.json'], 'there is no such file'),
        (['--scenes', '{data}/scenes', '--split', 'nowhere.csv'], 'this split cannot be read'),
        (['--scenes', '{data}/scenes', '--peer', 'other:x'], 'expected KIND:PATH'),
        (['--scenes', '{data}/scenes', '--output', '{data}/crops/face/a.png'], 'cannot be written'),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str], message: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [argument.format(data=data) for argument in arguments]
    if '--model' not in given:
        given += ['--model', own_model()]
    if '--output' not in given:
        given += ['--output', str(data / 'report')]
    assert command.main([*given, '--backend', 'opencv']) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.startswith('error: ') and message in told


def test_pictures_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main([])
    assert 'give --scenes, --crops or both' in capsys.readouterr().err
