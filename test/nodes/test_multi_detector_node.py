# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Several cameras in one process: each has its own topics, parameters and fate, over real DDS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image as ImageMessage

from mask_proximity.core.types import Image
from mask_proximity.msg import ProximityAlert
from mask_proximity.nodes.multi_detector_node import parse
from mask_proximity.ros import qos
from support import ros
from support.room import empty_room

EMPTY = empty_room()
CAMERAS = ('front', 'rear')
LATCHED = QoSProfile(depth=1000, reliability=qos.ALERT.reliability, durability=qos.ALERT.durability)


def publishers_of(peer: ros.Peer) -> dict[str, Any]:
    return {
        camera: peer.node.create_publisher(ImageMessage, f'{camera}/image_raw', qos.STREAM)
        for camera in CAMERAS
    }


def alerts_of(peer: ros.Peer) -> dict[str, list[Any]]:
    return {camera: peer.collect(ProximityAlert, f'{camera}/alert', LATCHED) for camera in CAMERAS}


def seen(alerts: list[Any]) -> int:
    """How many different images were judged."""
    stamps = {(alert.header.stamp.sec, alert.header.stamp.nanosec) for alert in alerts}
    return len(stamps) if any(alert.header.frame_id for alert in alerts) else 0


def test_a_camera_that_stalls_is_unknown_and_the_other_does_not_notice(
    peer: ros.Peer, near_portrait: Image
) -> None:
    pictures = {'front': near_portrait, 'rear': EMPTY}
    publishers, alerts = publishers_of(peer), alerts_of(peer)
    statuses: list[Any] = []
    peer.node.create_subscription(
        DiagnosticArray, '/diagnostics', lambda array: statuses.extend(array.status), 10
    )
    process = peer.start('multi_detector_node', own_arguments=CAMERAS)

    def show(*cameras: str) -> None:
        for camera in cameras:
            publishers[camera].publish(peer.image(pictures[camera], frame_id=camera))

    peer.until(
        lambda: (
            alerts['front']
            and alerts['front'][-1].level == ProximityAlert.ALERT
            and alerts['rear']
            and alerts['rear'][-1].level == ProximityAlert.CLEAR
        ),
        each=lambda: show(*CAMERAS),
    )
    for camera in CAMERAS:
        frames = {alert.header.frame_id for alert in alerts[camera]}
        assert frames <= {camera, ''}
    assert not any(alert.faces for alert in alerts['rear'])
    names = {f'{peer.namespace}/{camera}/detector_node: input' for camera in CAMERAS}
    peer.until(lambda: names <= {status.name for status in statuses}, each=lambda: show(*CAMERAS))

    alerts['rear'].clear()
    peer.until(
        lambda: alerts['front'][-1].reason == ProximityAlert.REASON_STALE_IMAGE,
        each=lambda: show('rear'),
    )
    assert alerts['front'][-1].level == ProximityAlert.UNKNOWN
    peer.until(lambda: seen(alerts['rear']) >= 5, each=lambda: show('rear'))
    assert {alert.level for alert in alerts['rear']} == {ProximityAlert.CLEAR}
    assert process.end() == 0
    assert 'Traceback' not in process.text


def test_each_has_parameters_of_its_own_and_models_of_its_own(
    peer: ros.Peer, tmp_path: Path, near_portrait: Image
) -> None:
    publishers, alerts = publishers_of(peer), alerts_of(peer)
    file = tmp_path / 'cameras.yaml'
    file.write_text(
        yaml.safe_dump(
            {
                '/**/detector_node': {'ros__parameters': {'delay_off': 0.25}},
                f'{peer.namespace}/rear/detector_node': {
                    'ros__parameters': {'alert_width_ratio': 0.9, 'caution_width_ratio': 0.8}
                },
            }
        ),
        encoding='utf-8',
    )
    # In one argument, as a launch file gives them.
    process = peer.start('multi_detector_node', params_file=file, own_arguments=[' '.join(CAMERAS)])
    names = ('alert_width_ratio', 'delay_off')
    assert peer.get('front/detector_node', *names) == [0.1, 0.25]
    assert peer.get('rear/detector_node', *names) == [0.9, 0.25]
    assert peer.set('front/detector_node', mask_backend='opencv')[0].successful
    assert not peer.set('front/detector_node', mask_model='/nowhere.json')[0].successful
    peer.until(lambda: process.text.count('From now on faces by ssd') == 1)

    def show() -> None:
        for camera in CAMERAS:
            publishers[camera].publish(peer.image(near_portrait, frame_id=camera))

    peer.until(
        lambda: (
            alerts['front']
            and alerts['front'][-1].level == ProximityAlert.ALERT
            and alerts['rear']
            and alerts['rear'][-1].level == ProximityAlert.CLEAR
        ),
        each=show,
    )


@pytest.mark.parametrize(
    ('arguments', 'names'),
    [
        (['front', 'rear'], ['front', 'rear']),
        (['front rear'], ['front', 'rear']),
        (['  base/front  '], ['base/front']),
    ],
)
def test_names_of_cameras(arguments: list[str], names: list[str]) -> None:
    assert parse(arguments)[0] == names


def test_lanes_are_as_many_as_cores_and_cameras_at_most() -> None:
    assert parse(['front'])[1] == 1
    cameras = [f'camera{number}' for number in range(1000)]
    assert parse(cameras)[1] == len(os.sched_getaffinity(0))
    assert parse(['front', '--replicas', '3'])[1] == 3


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        ([], 'the following arguments are required: cameras'),
        ([' '], 'no camera is named'),
        (['front', 'front'], "the camera 'front' is named twice"),
        (['2nd'], "'2nd' cannot be the name of a camera"),
        (['/front'], "'/front' cannot be the name of a camera"),
        (['front', '--replicas', '0'], '--replicas is 0, expected 1 or more'),
        (['front/'], "'front/' cannot be the name of a camera"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parse(arguments)
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err
