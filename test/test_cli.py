# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask-proximity command itself; what its subcommands do is tested beside their code."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from mask_proximity import environment
from mask_proximity.core.types import Image

# None in sys.modules is what an environment without that package looks like.
WITHOUT_ROS = """
import sys
sys.modules['rclpy'] = None
from mask_proximity.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_without_ros(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Not from the source tree, which Python would import instead of what is installed.
    return subprocess.run(
        [sys.executable, '-c', WITHOUT_ROS, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_lists_the_commands_and_loads_neither_ros_nor_opencv(tmp_path: Path) -> None:
    heavy = ('rclpy', 'cv2', 'scipy', 'matplotlib')
    code = (
        'import sys\nfrom mask_proximity.cli import main\n'
        'try:\n    main(["--help"])\nfinally:\n'
        f'    print("loaded:", [name for name in {heavy} if name in sys.modules])'
    )
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, '')
    listed = re.findall(r'^    (\w+)', done.stdout, re.MULTILINE)
    assert listed == [
        *('demo', 'run', 'analyze', 'calibrate'),
        *('models', 'parameters', 'doctor', 'fleet'),
    ]
    assert done.stdout.endswith('loaded: []\n')


@pytest.mark.parametrize('command', ['demo', 'run'])
def test_without_ros_it_says_how_to_get_it(command: str, tmp_path: Path) -> None:
    done = run_without_ros(tmp_path, command)
    assert done.returncode == 2
    assert done.stderr.startswith('error: there is no ROS 2 in this environment')
    assert done.stdout == '' and 'Traceback' not in done.stderr


@pytest.mark.parametrize('command', ['models', 'parameters'])
def test_what_needs_no_ros_runs_without(command: str, tmp_path: Path) -> None:
    done = run_without_ros(tmp_path, command)
    assert done.returncode == 0 and done.stdout


def test_analyze_needs_no_ros(portrait: Image, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), portrait)
    done = run_without_ros(tmp_path, 'analyze', 'a.png', '--output', 'out')
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'out' / 'frames.jsonl').read_text().count('"level": "ALERT"') == 2


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (('--set', 'mask_treshold=0.5'), 'did you mean mask_threshold?'),
        (('--set', 'mask_threshold=.nan'), 'mask_threshold must be a finite number'),
        (('--set', 'caution_width_ratio=0.9'), 'must be at most alert_width_ratio'),
        (('--params', 'missing.yaml'), 'missing.yaml: this file cannot be read'),
    ],
)
def test_a_mistake_in_the_settings_gets_one_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    done = run_without_ros(tmp_path, 'analyze', 'simulated', '--output', 'out', *arguments)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith('error: ') and sentence in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('command', ['models', 'parameters'])
def test_whoever_has_read_enough_may_close_the_pipe(command: str) -> None:
    program = environment.prefix() / 'lib' / 'mask_proximity' / 'mask-proximity'
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, str(program), command],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, '')
