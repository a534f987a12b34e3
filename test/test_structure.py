# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Arrows point one way: nodes -> core. The core knows no ROS, and TensorFlow stays asleep."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mask_proximity import environment

ROS = (
    'rclpy',
    'sensor_msgs',
    'std_msgs',
    'vision_msgs',
    'ament_index_python',
    'mask_proximity.msg',
)
ROOT = Path(__file__).resolve().parent.parent


def imported_by(statement: str) -> set[str]:
    """The modules that a fresh Python has after a statement."""
    code = f'{statement}\nimport sys\nprint("\\n".join(sys.modules))'
    # Python looks first into the current folder, and the source tree lacks the messages.
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            [sys.executable, '-c', code],
            cwd=elsewhere,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def core_modules() -> list[str]:
    files = sorted((ROOT / 'mask_proximity' / 'core').rglob('*.py'))
    return [
        '.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__')
        for path in files
    ]


def test_the_core_imports_no_ros() -> None:
    modules = core_modules()
    assert len(modules) > 10
    loaded = imported_by('\n'.join(f'import {module}' for module in modules))
    assert 'mask_proximity.core.perception.pipeline' in loaded
    assert not loaded.intersection(ROS)


@pytest.mark.parametrize('node', environment.NODES)
def test_a_node_starts_without_the_heavy_packages(node: str) -> None:
    loaded = imported_by(f'import mask_proximity.nodes.{node}')
    assert 'rclpy' in loaded
    assert not loaded.intersection({'tensorflow', 'keras', 'matplotlib', 'skimage', 'scipy'})


def test_every_file_says_its_licence() -> None:
    files = [
        path
        for folder in ('mask_proximity', 'launch', 'training', 'test', 'benchmarks', 'docs')
        for path in (ROOT / folder).rglob('*.py')
        if '__pycache__' not in path.parts
    ]
    assert len(files) > 40
    for path in files:
        head = path.read_text(encoding='utf-8').splitlines()[:3]
        assert '# SPDX-License-Identifier: Apache-2.0' in head, path
