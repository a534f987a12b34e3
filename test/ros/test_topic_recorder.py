# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A live run is recorded over DDS, and the recording is judged as the run was."""

from __future__ import annotations

import json
import signal
import uuid
from pathlib import Path

import cv2
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader

from mask_proximity.core.outputs.files import partial_path
from mask_proximity.core.sources.bag_files import Recording
from mask_proximity.core.types import NANOSECONDS, Image, Level
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros.conversions import nanoseconds
from support.command import finish, start

DOMAIN = 93

# Two workers would see each other in this domain.
pytestmark = pytest.mark.xdist_group('topic_recorder')


@pytest.fixture
def source(tmp_path: Path, near_portrait: Image) -> Path:
    folder = tmp_path / 'pictures'
    folder.mkdir()
    random = np.random.default_rng(4)
    # No two alike, as from a sensor.
    for number in range(16):
        picture = near_portrait if number < 8 else np.full_like(near_portrait, 90)
        noisy = picture + random.integers(0, 5, picture.shape, np.uint8)
        assert cv2.imwrite(str(folder / f'{number:02}.png'), noisy)
    return folder


def test_a_live_run_is_recorded_and_analyzed_again(tmp_path: Path, source: Path) -> None:
    path = tmp_path / 'run.mcap'
    namespace = f'/live_{uuid.uuid4().hex[:8]}'
    process = start(
        *('run', '--source', str(source), '--loop', '--set', 'rate=8', '--no-window'),
        *('--namespace', namespace, '--record', str(path)),
        domain=DOMAIN,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if 'ALERT -> ' in line:
                break
    finally:
        process.send_signal(signal.SIGINT)
        code, _, err = finish(process)
    assert code == 0 and 'Traceback' not in err, err
    assert not partial_path(path).exists()

    with Reader(path) as reader:
        counts = {each.topic: each.msgcount for each in reader.connections}
    for topic in ('image_raw', 'camera_info', 'detections', 'alert', 'markers'):
        assert counts[f'{namespace}/{topic}'] > 0, counts
    assert '/diagnostics' in counts
    recording = Recording(path)
    alerts = [
        deserialize_message(message.data, ProximityAlert)
        for message in recording.messages({f'{namespace}/alert'})
    ]
    assert Level.ALERT in {alert.level for alert in alerts}
    # With nothing but the definitions that the file carries.
    with AnyReader([path]) as reader:
        wanted = [each for each in reader.connections if each.topic == f'{namespace}/alert']
        foreign = [
            reader.deserialize(data, each.msgtype) for each, _, data in reader.messages(wanted)
        ]
    assert [alert.text for alert in foreign] == [alert.text for alert in alerts]

    process = start(
        'analyze', str(path), '--output', str(tmp_path / 'out'), '--no-video', domain=DOMAIN
    )
    code, out, err = finish(process)
    assert code == 0, out + err
    lines = (tmp_path / 'out' / 'frames.jsonl').read_text().splitlines()
    frames = [json.loads(line) for line in lines]
    assert len(frames) == counts[f'{namespace}/image_raw']
    levels = {frame['stamp']: frame['level'] for frame in frames}
    raised = [
        nanoseconds(alert.header.stamp) / NANOSECONDS
        for alert in alerts
        if alert.reason == ProximityAlert.REASON_NO_MASK_NEAR
    ]
    assert 'ALERT' in {levels.get(stamp) for stamp in raised}
    assert min(np.diff([frame['stamp'] for frame in frames])) > 0
