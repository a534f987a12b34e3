# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor finds on a machine: models, backends and cameras that are missing or broken."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import pytest

from mask_proximity.core import models
from mask_proximity.doctor import machine, nets
from mask_proximity.doctor.children import Child
from mask_proximity.doctor.report import Outcome

PACKAGED = models.models_directory()


def test_every_model_file_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {finding.outcome for finding in machine.model_files()} == {Outcome.OK}
    broken = tmp_path / 'models'
    shutil.copytree(PACKAGED, broken)
    (broken / 'face_ssd.caffemodel').write_bytes(b'half of it')
    monkeypatch.setattr(models, 'models_directory', lambda: broken)
    failed = [finding for finding in machine.model_files() if finding.outcome is Outcome.FAIL]
    assert len(failed) == 1 and 'face_ssd.caffemodel' in failed[0].text
    assert 'truncated or foreign' in failed[0].text


def test_the_default_backend_is_tried() -> None:
    found = {finding.subject: finding for finding in machine.backends()}
    assert found['mask_backend'].outcome is Outcome.OK
    best = 'litert' if importlib.util.find_spec('ai_edge_litert') else 'opencv'
    assert found['mask_backend'].text == f'auto (the default) takes {best}'
    assert found['opencv'].text == cv2.__version__


def test_nets_that_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(PACKAGED, tmp_path / 'models')
    for path in (tmp_path / 'models').glob('mask_classifier*'):
        if path.suffix in ('.tflite', '.onnx'):
            path.write_bytes(b'half of it')
    monkeypatch.setattr(models, 'models_directory', lambda: tmp_path / 'models')
    nets.main([])
    trouble = json.loads(capsys.readouterr().out)['trouble']
    assert 'mask_classifier' in trouble and 'truncated or foreign' in trouble
    monkeypatch.setattr(Child, 'answer', lambda _: {'masks': '', 'trouble': trouble})
    (failed,) = (f for f in machine.backends() if f.outcome is Outcome.FAIL)
    assert (failed.subject, failed.text) == ('mask_backend', trouble)


def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec

    def all_but_tensorflow(name: str, package: str | None = None) -> Any:
        return None if name == 'tensorflow' else find_spec(name, package)

    monkeypatch.setattr(importlib.util, 'find_spec', all_but_tensorflow)
    found = {finding.subject: finding for finding in machine.backends()}
    assert found['tensorflow'].outcome is Outcome.SKIP


def test_opencv_names_what_it_opens_videos_with(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {finding.subject: finding for finding in machine.opencv()}
    assert found['OpenCV'].outcome is Outcome.OK and found['OpenCV'].text == cv2.__version__
    assert 'FFMPEG yes' in found['video'].text
    monkeypatch.delattr(cv2.dnn, 'readNetFromCaffe')
    found = {finding.subject: finding for finding in machine.opencv()}
    assert found['OpenCV'].outcome is Outcome.FAIL and '<5' in found['OpenCV'].command


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
