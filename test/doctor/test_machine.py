# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor finds on a machine: models, backends and cameras that are missing or broken."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from mask_proximity.core.models import files as model_files
from mask_proximity.core.models.description import models_directory
from mask_proximity.doctor import machine, nets
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.doctor.subprocesses import Child

PACKAGED = models_directory()


def test_every_model_file_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {finding.outcome for finding in machine.model_files()} == {Outcome.OK}
    broken = tmp_path / 'models'
    shutil.copytree(PACKAGED, broken)
    (broken / 'face_ssd.caffemodel').write_bytes(b'half of it')
    monkeypatch.setattr(machine, 'models_directory', lambda: broken)
    failed = [finding for finding in machine.model_files() if finding.outcome is Outcome.FAIL]
    assert len(failed) == 1 and 'face_ssd.caffemodel' in failed[0].text
    assert 'truncated or belongs to another model' in failed[0].text


@pytest.fixture
def loaded() -> Iterator[Child]:
    child = Child('nets', seconds=60.0)
    yield child
    child.end()


def backends(nets: Any) -> dict[str, Finding]:
    return {finding.subject: finding for finding in machine.backends(nets)}


def test_the_default_backends_are_tried(loaded: Child) -> None:
    found = backends(loaded)
    best = 'litert' if importlib.util.find_spec('ai_edge_litert') else 'opencv'
    assert found['mask_backend'].text == f'auto (the default) takes {best}'
    assert found['face_backend'].text.startswith('auto (the default) takes ')
    assert found['face_backend'].outcome is found['mask_backend'].outcome is Outcome.OK
    assert found['opencv'].text == cv2.__version__


class Answering:
    """A child that has answered."""

    def __init__(self, text: str) -> None:
        self._answer = json.loads(text)

    def answer(self) -> Any:
        return self._answer


def test_nets_that_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(PACKAGED, tmp_path / 'models')
    for path in (tmp_path / 'models').glob('mask_classifier*'):
        if path.suffix in ('.tflite', '.onnx'):
            path.write_bytes(b'half of it')
    monkeypatch.setattr(model_files, 'models_directory', lambda: tmp_path / 'models')
    nets.main([])
    found = backends(Answering(capsys.readouterr().out))
    assert found['face_backend'].outcome is Outcome.OK
    assert found['mask_backend'].outcome is Outcome.FAIL
    assert 'mask_classifier' in found['mask_backend'].text
    assert 'truncated or belongs to another model' in found['mask_backend'].text


def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, loaded: Child) -> None:
    find_spec = importlib.util.find_spec

    def all_but_tensorflow(name: str, package: str | None = None) -> Any:
        return None if name == 'tensorflow' else find_spec(name, package)

    monkeypatch.setattr(importlib.util, 'find_spec', all_but_tensorflow)
    assert backends(loaded)['tensorflow'].outcome is Outcome.SKIP


@pytest.mark.parametrize(
    ('taken', 'outcome'), [('litert', Outcome.OK), ('', Outcome.FAIL)], ids=['litert', 'no litert']
)
def test_opencv_5_fails_only_where_nothing_else_runs_the_ssd(
    monkeypatch: pytest.MonkeyPatch, taken: str, outcome: Outcome
) -> None:
    monkeypatch.delattr(cv2.dnn, 'readNetFromCaffe')
    fault = '' if taken else 'OpenCV 5 has no Caffe importer'
    faces, masks = {'name': taken, 'fault': fault}, {'name': 'opencv', 'fault': ''}
    found = backends(Answering(json.dumps({'face_backend': faces, 'mask_backend': masks})))
    assert found['opencv'].outcome is Outcome.OK
    assert 'which cannot run the face SSD' in found['opencv'].text
    assert found['face_backend'].outcome is outcome


def test_opencv_names_what_it_opens_videos_with() -> None:
    (found,) = machine.video()
    assert found.outcome is Outcome.OK and 'FFMPEG yes' in found.text


def test_cameras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (none,) = machine.cameras(tmp_path)
    assert none.outcome is Outcome.WARN and 'no camera device' in none.text
    (tmp_path / 'video0').touch()
    (usable,) = machine.cameras(tmp_path)
    assert usable.outcome is Outcome.OK and str(tmp_path / 'video0') in usable.text
    # Who runs the tests may be root, whom no permission stops.
    monkeypatch.setattr(machine.os, 'access', lambda *_: False)
    (forbidden,) = machine.cameras(tmp_path)
    assert forbidden.outcome is Outcome.WARN and 'usermod -aG video' in forbidden.command
