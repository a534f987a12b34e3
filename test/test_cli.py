# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask-proximity command where something is missing; its jobs are tested in demo/."""

from __future__ import annotations

import subprocess
import sys

import pytest

# None in sys.modules is what an environment without that package looks like.
WITHOUT_ROS = """
import sys
sys.modules['rclpy'] = None
from mask_proximity.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize('command', ['demo', 'run'])
def test_without_ros_it_says_how_to_get_it(command: str) -> None:
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT_ROS, command], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith('error: there is no ROS 2 in this environment')
    assert done.stdout == '' and 'Traceback' not in done.stderr


@pytest.mark.parametrize('command', ['models', 'parameters'])
def test_what_needs_no_ros_runs_without(command: str) -> None:
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT_ROS, command], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and done.stdout
