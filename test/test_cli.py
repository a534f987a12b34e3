# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask-proximity command where something is missing; its jobs are tested in demo/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# None in sys.modules is what an environment without that package looks like.
WITHOUT_ROS = """
import sys
sys.modules['rclpy'] = None
from mask_proximity.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_without_ros(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # Not from the source tree, which Python would import instead of what is installed.
    return subprocess.run(
        [sys.executable, '-c', WITHOUT_ROS, command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize('command', ['demo', 'run'])
def test_without_ros_it_says_how_to_get_it(command: str, tmp_path: Path) -> None:
    done = run_without_ros(command, tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith('error: there is no ROS 2 in this environment')
    assert done.stdout == '' and 'Traceback' not in done.stderr


@pytest.mark.parametrize('command', ['models', 'parameters'])
def test_what_needs_no_ros_runs_without(command: str, tmp_path: Path) -> None:
    done = run_without_ros(command, tmp_path)
    assert done.returncode == 0 and done.stdout
