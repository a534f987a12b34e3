# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What was measured stands in the model's description, the charts beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mask_proximity.core.perception.nets import Nets
from mask_proximity.core.types import Box, FaceDetection
from training import evaluate as command

NEAR, OTHER = Box(10, 10, 80, 100), Box(200, 10, 280, 110)


def test_recorded_numbers_and_charts(
    write_scene: Callable[..., Path],
    make_nets: Callable[..., Nets],
    description: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenes = write_scene('one', {NEAR: ('with_mask', 40), OTHER: ('without_mask', 250)})
    nets = make_nets(FaceDetection(NEAR, 0.9), FaceDetection(OTHER, 0.8))
    monkeypatch.setattr(command, 'load_nets', lambda settings: nets)
    arguments = ['--model', str(description), '--scenes', str(scenes), '--record']
    assert command.main([*arguments, '--output', str(tmp_path / 'report')]) == 0
    content = json.loads(description.read_text())
    metrics = content['metrics']
    assert metrics['val'] == {'faces': 3}
    assert 'scenes' not in metrics  # an earlier version's
    evaluation = metrics['evaluation']
    assert evaluation['own']['scenes']['classifier']['confusion'] == [
        [1, 0, 0],
        [0, 0, 0],
        [0, 0, 1],
    ]
    assert 'bins' not in evaluation['own']['scenes']['classifier']['calibration']
    assert set(evaluation['pictures']) == {'ranking', 'reliability'}
    for name in evaluation['pictures'].values():
        assert (description.parent / name).read_bytes().startswith(b'\x89PNG')
    assert content['files']['litert']['sha256'] == 'ab' * 32
    written = json.loads((tmp_path / 'report' / 'report.json').read_text())
    assert evaluation['own']['scenes']['aims'] == written['own']['scenes']['aims']


def test_without_the_wish_nothing_is_recorded(
    write_scene: Callable[..., Path],
    make_nets: Callable[..., Nets],
    description: Path,
    tmp_path: Path,
) -> None:
    before = description.read_bytes()
    arguments = command.parse(
        [
            *('--model', str(description), '--output', str(tmp_path / 'report')),
            *('--scenes', str(write_scene('one', {NEAR: ('with_mask', 40)}))),
        ]
    )
    command.evaluate(arguments, make_nets())
    assert description.read_bytes() == before
