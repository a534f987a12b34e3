# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo itself, as a user runs it: all three nodes, real DDS, and a judge that can say no."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import cv2
import pytest

from support.command import finish, processes_with, start, wait_until

DOMAIN = 91


def test_the_demo(tmp_path: Path) -> None:
    output = tmp_path / 'output'
    code, out, err = finish(start('demo', '--output', str(output), domain=DOMAIN))
    assert code == 0, out + err
    assert 'PASSED' in out and 'Traceback' not in out + err

    lines = [json.loads(line) for line in (output / 'alerts.jsonl').read_text().splitlines()]
    levels = [line['level'] for line in lines]
    changes = [level for i, level in enumerate(levels) if i == 0 or levels[i - 1] != level]
    assert changes[0] == 'UNKNOWN' and changes[-1] == 'UNKNOWN'
    assert 'ALERT' in changes
    # Each change is printed, in order.
    printed = [line.split('->')[1].split()[0] for line in out.splitlines() if '->' in line]
    assert printed == changes
    alert = next(line for line in lines if line['level'] == 'ALERT')
    assert alert['text'] == 'Maintain Distance'
    assert alert['faces'][0]['mask_state'] == 'NO_MASK'
    assert any(face['mask_state'] == 'MASK' for line in lines for face in line['faces'])

    video = cv2.VideoCapture(str(output / 'annotated.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_WIDTH) == 640
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) > 250
    timeline = cv2.imread(str(output / 'timeline.png'))
    assert timeline is not None and timeline.shape[1] > 800
    assert sorted(path.name for path in output.iterdir()) == [
        'alerts.jsonl',
        'annotated.mp4',
        'nodes.log',
        'timeline.png',
    ]


SCENE = """
duration: 12
camera: {rate: 8}
robot: {z: 0.5, speed: 0.6}
people:
  - {name: Ada, wears: no_mask, walk: [[0, 0.1, 4.0], [60, 0.1, 4.0]]}
"""


def test_a_robot_that_keeps_its_distance(tmp_path: Path) -> None:
    scene = tmp_path / 'hall way.yaml'
    scene.write_text(SCENE)
    output = tmp_path / 'output'
    code, out, err = finish(
        start('demo', '--scene', str(scene), '--output', str(output), domain=DOMAIN)
    )
    assert code == 0, out + err
    assert 'PASSED: the robot kept its distance' in out and 'Traceback' not in out + err
    assert float(out.split('Drove ')[1].split(' m ')[0]) > 1.0
    timeline = cv2.imread(str(output / 'timeline.png'))
    assert timeline is not None and timeline.shape[1] > 800
    levels = {json.loads(line)['level'] for line in (output / 'alerts.jsonl').open()}
    assert levels & {'CAUTION', 'ALERT'}


@pytest.mark.any_version
def test_a_robot_that_drives_on_fails_the_demo(tmp_path: Path) -> None:
    scene = tmp_path / 'scene.yaml'
    scene.write_text(SCENE)
    values = ('stop_distance=0.3', 'caution_speed=5', 'alert_speed=5')
    arguments = [part for value in values for part in ('--set', f'speed_governor_node.{value}')]
    code, out, err = finish(
        start('demo', '--scene', str(scene), '--output', str(tmp_path), *arguments, domain=DOMAIN)
    )
    assert code == 1, out + err
    assert 'within the limit of 1.5 m' in out and 'PASSED' not in out


def test_a_scene_that_is_none(tmp_path: Path) -> None:
    code, out, err = finish(start('demo', '--scene', 'nowhere', domain=DOMAIN))
    assert code == 2, out + err
    assert err.startswith(
        "error: 'nowhere' is not a scene; expected the path of a YAML file or one"
    )


@pytest.mark.any_version
def test_a_detector_that_does_not_alert_fails_the_demo(tmp_path: Path) -> None:
    code, out, err = finish(
        start(
            'demo',
            '--output',
            str(tmp_path),
            '--set',
            'detector_node.no_mask_threshold=1.0',
            domain=DOMAIN,
        )
    )
    assert code == 1, out + err
    assert 'FAILED: no ALERT within' in out and 'PASSED' not in out


@pytest.mark.any_version
def test_ctrl_c_leaves_no_node_and_nothing_half_written(tmp_path: Path) -> None:
    process = start('demo', '--output', str(tmp_path), domain=DOMAIN)
    log = tmp_path / 'nodes.log'
    wait_until(process, lambda: log.is_file() and b'camera_node' in log.read_bytes())
    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    assert code == 130, out + err
    assert 'Traceback' not in out + err
    assert [path.name for path in tmp_path.iterdir()] == ['nodes.log']
    assert processes_with(f'mask_proximity_demo_{process.pid}') == []


def test_an_output_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    code, out, err = finish(start('demo', '--output', str(tmp_path / 'file'), domain=DOMAIN))
    assert code == 2
    assert err.startswith('error: ') and 'output folder cannot be written' in err


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (('--set', 'mask_treshold=0.5'), 'did you mean mask_threshold?'),
        (('--set', 'mask_threshold'), 'expected NAME=VALUE'),
        (('--set', 'mask_threshold=7'), 'mask_threshold must be within 0.5 to 1, but it is 7'),
    ],
)
def test_a_bad_setting_gets_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    for command in ('demo', 'run'):
        code, out, err = finish(start(command, *arguments, domain=DOMAIN))
        assert code == 2, out + err
        assert err.startswith('error: ') and sentence in err
