# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A parameter file that is for other nodes is refused before it is taken for ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mask_proximity import environment
from mask_proximity.core.errors import SettingsError
from mask_proximity.ros.parameter_files import check_parameter_files

OURS = [
    '/**/detector_node:\n  ros__parameters:\n    lazy: true\n',
    'detector_node:\n  ros__parameters:\n    lazy: true\n',
    '/front/camera_node:\n  ros__parameters:\n    loop: true\n',
    'front:\n  detector_node:\n    ros__parameters:\n      lazy: true\n',
    '/**:\n  ros__parameters:\n    use_sim_time: true\n',
    '/front/*:\n  ros__parameters:\n    use_sim_time: true\n',
    'nav:\n  ros__parameters:\n    speed: 1.0\noverlay_node:\n  ros__parameters:\n    x: 1\n',
    # For rcl to say.
    '',
    'just: [a, list',
    '- a\n- list\n',
]
FOREIGN = [
    ('/**/other_node:\n  ros__parameters:\n    speed: 1.0\n', '/**/other_node'),
    ('nav:\n  planner:\n    ros__parameters:\n      speed: 1.0\n', '/nav/planner'),
]


def arguments(folder: Path, content: str) -> list[str]:
    file = folder / 'parameters.yaml'
    file.write_text(content, encoding='utf-8')
    return ['--ros-args', '--params-file', str(file)]


@pytest.mark.parametrize('content', OURS)
def test_a_file_for_one_of_our_nodes_is_taken(tmp_path: Path, content: str) -> None:
    check_parameter_files(arguments(tmp_path, content))


@pytest.mark.parametrize(('content', 'named'), FOREIGN)
def test_a_file_for_others_alone_is_refused(tmp_path: Path, content: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named.replace('*', r'\*')):
        check_parameter_files(arguments(tmp_path, content))


def test_a_node_may_be_renamed(tmp_path: Path) -> None:
    given = arguments(tmp_path, 'watcher:\n  ros__parameters:\n    lazy: true\n')
    with pytest.raises(SettingsError):
        check_parameter_files(given)
    check_parameter_files([*given, '-r', '__node:=watcher'])


def test_a_missing_file_is_left_to_rcl() -> None:
    check_parameter_files(['--ros-args', '--params-file', '/nowhere/parameters.yaml'])


def test_the_node_refuses_with_a_sentence(tmp_path: Path) -> None:
    _, option, file = arguments(tmp_path, FOREIGN[0][0])
    done = subprocess.run(
        environment.node_command('detector_node', option, file),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith('error: the parameter file')
    assert 'Traceback' not in done.stderr
