# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of real processes run, and say on their page what they have measured."""

from __future__ import annotations

import argparse
import importlib
import json
import os
from pathlib import Path
from typing import Any

from benchmarks.performance import results


def measured(name: str, folder: Path) -> tuple[dict[str, Any], str]:
    """A quick result as it comes back from its file, and its part of the page."""
    module = importlib.import_module(f'benchmarks.performance.{name}')
    options = argparse.Namespace(
        quick=True, seconds=None, pictures=None, faces=[1], results=folder / 'results'
    )
    result = json.loads(json.dumps(module.measure(options), allow_nan=False))
    text = module.section(result)
    assert text.startswith('## ')
    if hasattr(module, 'pictures'):
        module.pictures(result, folder)
        assert (folder / f'{name}.png').stat().st_size > 10_000
    return result, text


def test_node_speed(tmp_path: Path) -> None:
    result, text = measured('node_speed', tmp_path)
    (case,) = result['cases']
    assert case['seen']['median'] == 1
    assert case['latency']['n'] + case['lost'] == case['core']['n'] == case['nets']['n']
    # One clock for all of the processes.
    assert 0.0 < case['latency']['p50'] < case['delay']['p50']
    assert case['cpu']['median'] > 0.0
    assert 20.0 < case['memory']['median'] <= case['resident']['median'] < 2000.0
    assert '| 1 face, 640x480 |' in text


def test_start(tmp_path: Path) -> None:
    result, text = measured('start', tmp_path)
    assert 0.0 < result['first_word']['median'] <= result['first_alert']['median']
    assert result['rclpy']['n'] == result['first_alert']['n'] == 1
    assert f'| {result["first_alert"]["median"]:.2f} |' in text


def test_idle(tmp_path: Path) -> None:
    result, text = measured('idle', tmp_path)
    # No time is asserted, but that one looks at images and the other does not.
    assert result['idle']['median'] < result['watching']['median']
    assert '**nobody listens**' in text


def test_endurance(tmp_path: Path) -> None:
    result, text = measured('endurance', tmp_path)
    assert result['published'] >= result['judged'] > 0
    assert 0.0 < result['newest'] <= 1.0
    assert sum(block['judged'] for block in result['blocks']) == result['judged']
    assert len(result['memory_series']) >= len(result['blocks']) == 3
    assert not result['partial']
    # It was written on the way, too.
    assert results.load('endurance', tmp_path / 'results')['judged'] == result['judged']
    assert 'the newest image was taken' in text


def test_scale(tmp_path: Path) -> None:
    ours = os.sched_getaffinity(0)
    result, text = measured('scale', tmp_path)
    (climb,) = result['cameras']
    assert climb['held'] in (0, 1)
    assert bool(climb['broken']) == (climb['held'] == 0)
    (step,) = result['one_core']
    assert step['cores'] == 1
    assert step['used'] > 0.0
    # We have ours back.
    assert os.sched_getaffinity(0) == ours
    assert '### On one core' in text
