# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""On a robot: `colcon build`, the package works from its install folder, and `colcon test`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

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


def colcon(
    workspace: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run colcon in a workspace, for at most as long as a build on a busy machine takes."""
    return subprocess.run(
        ['colcon', *arguments],
        cwd=workspace,
        env={**os.environ, 'COLCON_LOG_PATH': str(workspace / 'log'), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=250,
        check=False,
    )


@pytest.fixture(scope='module')
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the package has been built."""
    if shutil.which('colcon') is None:
        pytest.skip('colcon is not installed: apt install python3-colcon-common-extensions')
    workspace = tmp_path_factory.mktemp('workspace')
    source = workspace / 'src' / 'mask_proximity'
    source.mkdir(parents=True)
    for name in PARTS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns('__pycache__'))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    done = colcon(workspace, 'build', '--packages-select', 'mask_proximity')
    assert done.returncode == 0, done.stdout
    assert '1 package finished' in done.stdout
    return workspace


def results(workspace: Path, name: str, **environment: str) -> tuple[ElementTree.Element, str]:
    """Run one of the tests that CMake knows.

    Returns:
        Its results as JUnit XML, and what `colcon test-result` says.
    """
    select = ['--packages-select', 'mask_proximity', '--ctest-args', '-R', f'^{name}$']
    done = colcon(workspace, 'test', *select, environment=environment)
    assert '1 package finished' in done.stdout, done.stdout
    folder = workspace / 'build' / 'mask_proximity' / 'test_results' / 'mask_proximity'
    said = colcon(workspace, 'test-result', '--test-result-base', str(folder), '--all').stdout
    tree = ElementTree.parse(folder / f'{name}.xunit.xml').getroot()
    suite = tree.find('testsuite')
    return tree if suite is None else suite, said


@pytest.mark.timeout(600)
@pytest.mark.xdist_group('colcon')
def test_colcon_builds_the_package(workspace: Path) -> None:
    look = subprocess.run(
        ['bash', '-c', LOOK],
        cwd=workspace,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert look.returncode == 0, look.stderr
    prefix = str(workspace / 'install' / 'mask_proximity')
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


@pytest.mark.timeout(600)
@pytest.mark.xdist_group('colcon')
def test_colcon_test_runs_tests_of_what_it_has_installed(workspace: Path) -> None:
    # What decides is the package in use; the whole folder would take a minute.
    suite, said = results(workspace, 'ros', PYTEST_ADDOPTS='-k "test_conversions or test_qos"')
    assert int(suite.get('tests', 0)) > 20, said
    assert suite.get('failures') == suite.get('errors') == suite.get('skipped') == '0', said
    assert f'{suite.get("tests")} tests, 0 errors, 0 failures, 0 skipped' in said
    log = (workspace / 'build/mask_proximity/pytest/ros.txt').read_text(encoding='utf-8')
    assert 'ros/test_message_definitions.py: rosbags' in log


@pytest.mark.timeout(600)
@pytest.mark.xdist_group('colcon')
def test_colcon_test_fails_without_pytest(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / 'pytest.py').write_text("raise ModuleNotFoundError('No module named pytest')\n")
    suite, said = results(workspace, 'launch', PYTHONPATH=str(tmp_path))
    # An error or a failure, depending on the version of ament_cmake_test.
    bad = int(suite.get('errors', 0)) + int(suite.get('failures', 0))
    assert suite.get('tests') == '1' and bad >= 1, said
    assert 'launch.xunit.xml: 1 test, ' in said
