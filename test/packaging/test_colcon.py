# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The robot's door: the one package builds by `colcon build` and works from its install folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import mask_proximity

ROOT = Path(__file__).resolve().parents[2]
PARTS = ('cmake', 'config', 'launch', 'mask_proximity', 'models', 'msg', 'srv', 'test')
FILES = ('CMakeLists.txt', 'LICENSE', 'package.xml', 'pyproject.toml', 'setup.py')

LOOK = """
set -e
. install/setup.bash
python3 - <<'PYTHON'
from ament_index_python.packages import get_package_prefix, get_package_share_directory
from mask_proximity import environment
from mask_proximity.core.types import FrameResult
from mask_proximity.msg import ProximityAlert
print(get_package_prefix('mask_proximity'))
print(get_package_share_directory('mask_proximity'))
print(environment.prefix())
PYTHON
ls install/mask_proximity/lib/mask_proximity
install/mask_proximity/lib/mask_proximity/mask-proximity --version
"""


@pytest.mark.timeout(600)
def test_colcon_builds_the_package(tmp_path: Path) -> None:
    if shutil.which('colcon') is None:
        pytest.skip('colcon is not installed: apt install python3-colcon-common-extensions')
    source = tmp_path / 'src' / 'mask_proximity'
    source.mkdir(parents=True)
    for name in PARTS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns('__pycache__'))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)

    environment = os.environ | {'COLCON_LOG_PATH': str(tmp_path / 'log')}
    done = subprocess.run(
        ['colcon', 'build', '--packages-select', 'mask_proximity'],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert '1 package finished' in done.stdout

    look = subprocess.run(
        ['bash', '-c', LOOK],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert look.returncode == 0, look.stderr
    prefix = str(tmp_path / 'install' / 'mask_proximity')
    assert look.stdout.split() == [
        prefix,
        f'{prefix}/share/mask_proximity',
        prefix,
        'camera_node',
        'detector_node',
        'mask-proximity',
        'multi_detector_node',
        'overlay_node',
        'speed_governor_node',
        mask_proximity.__version__,
    ]
