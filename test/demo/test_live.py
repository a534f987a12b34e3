# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The live run, as a user starts it: all three nodes on a source of theirs, until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import uuid
from pathlib import Path

import cv2
import pytest
import yaml

from mask_proximity.core.types import Image
from support.command import finish, processes_with, start
from support.room import empty_room

DOMAIN = 92


def lines_until(process: subprocess.Popen[str], text: str) -> list[str]:
    """What is printed up to a text; the timeout of the test is the bound."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f'{text!r} was not printed, but: {lines}')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_it_tells_of_each_change_until_it_is_stopped(
    tmp_path: Path, near_portrait: Image, number: int
) -> None:
    # Whatever a folder may be called reaches the node as it is.
    folder = tmp_path / 'it\'s a "folder": ü'
    hidden = tmp_path / 'hidden'
    hidden.mkdir()
    for index, picture in enumerate([near_portrait] * 2 + [empty_room()] * 4):
        assert cv2.imwrite(str(hidden / f'{index}.png'), picture)
    namespace = f'/live_{uuid.uuid4().hex[:8]}'
    arguments = ('--source', str(folder), '--loop', '--no-window', '--namespace', namespace)
    process = start('run', *arguments, domain=DOMAIN)
    try:
        lines_until(process, '-> UNKNOWN')
        hidden.rename(folder)
        raised = lines_until(process, '-> ALERT')[-1]
        lines_until(process, 'ALERT -> CLEAR')
    finally:
        process.send_signal(number)
        code, _, err = finish(process)
    assert code == 0, err
    assert 'Maintain Distance' in raised
    assert 'Traceback' not in err
    assert processes_with(namespace) == []


def test_a_parameter_file_and_what_is_set_beside_it_reach_the_nodes(
    tmp_path: Path, near_portrait: Image
) -> None:
    assert cv2.imwrite(str(tmp_path / 'portrait.png'), near_portrait)
    file = tmp_path / 'params.yaml'
    sections = {
        '/**/camera_node': {'source': str(tmp_path), 'loop': False},
        '/**/detector_node': {'alert_width_ratio': 0.9},
    }
    file.write_text(yaml.safe_dump({n: {'ros__parameters': v} for n, v in sections.items()}))
    namespace = f'/live_{uuid.uuid4().hex[:8]}'
    process = start(
        *('run', '--params', str(file), '--set', 'camera_node.loop=true', '--set', 'rate=5'),
        *('--no-window', '--namespace', namespace),
        domain=DOMAIN,
    )
    try:
        raised = lines_until(process, '-> CAUTION')[-1]
    finally:
        process.send_signal(signal.SIGINT)
        code, _, err = finish(process)
    assert code == 0, err
    assert 'getting near' in raised


def test_what_is_set_wrong_is_refused_before_any_node_starts() -> None:
    process = start('run', '--set', 'overlay_node.rate=5', '--no-window', domain=DOMAIN)
    code, out, err = finish(process)
    assert code == 2 and out == ''
    assert "there is no parameter 'rate'" in err and 'Traceback' not in err


def test_a_node_that_ends_ends_the_run() -> None:
    process = start('run', '--source', '  ', '--no-window', domain=DOMAIN)
    code, out, err = finish(process)
    assert code == 1
    assert 'error: source is empty' in err and 'camera_node has ended' in out
