# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""camera_node: real files and the simulated scene over real DDS."""

from __future__ import annotations

import math
import os
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from vision_msgs.msg import Detection2DArray

import ros
from mask_proximity.core.scene import Image
from mask_proximity.nodes import conversions, qos


def write_video(path: Path, frames: int = 5, level: int = 120) -> None:
    part = path.with_name('part.avi')
    writer = cv2.VideoWriter(str(part), cv2.VideoWriter.fourcc(*'MJPG'), 20.0, (64, 48))
    for _ in range(frames):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    os.replace(part, path)


def stamps_of(messages: list[ImageMessage]) -> list[int]:
    return [conversions.nanoseconds(message.header.stamp) for message in messages]


def test_the_simulated_camera_knows_its_geometry_and_its_truth(peer: ros.Peer) -> None:
    images = peer.collect(ImageMessage, 'image_raw')
    infos = peer.collect(CameraInfo, 'camera_info')
    truths = peer.collect(Detection2DArray, 'ground_truth')
    process = peer.start('camera_node', source='simulated', frame_id='front')
    peer.until(lambda: len(images) >= 20 and len(infos) >= 20 and any(t.detections for t in truths))
    image = images[0]
    assert (image.width, image.height, image.encoding) == (640, 480, 'bgr8')
    assert image.header.frame_id == 'front'
    assert stamps_of(images) == sorted(set(stamps_of(images)))
    assert set(stamps_of(images)) & set(stamps_of(infos)) & set(stamps_of(truths))
    info = infos[0]
    assert info.k[0] == pytest.approx(320 / math.tan(math.radians(30)), rel=1e-3)
    assert (info.width, info.height, info.header.frame_id) == (640, 480, 'front')
    # The pinhole law holds between what it shows and what it says.
    faces = [f for t in truths for f in conversions.truth_from_message(t)]
    assert faces[0].box.width * faces[0].distance == pytest.approx(info.k[0] * 0.14, rel=0.01)
    assert process.end() == 0
    assert 'Traceback' not in process.text


def test_who_comes_late_still_gets_the_truth_of_every_frame(peer: ros.Peer) -> None:
    images = peer.collect(ImageMessage, 'image_raw')
    peer.start('camera_node', source='simulated')
    peer.until(lambda: len(images) >= 10)
    truths = peer.collect(Detection2DArray, 'ground_truth', qos.TRUTH)
    peer.until(lambda: set(stamps_of(images[:10])) <= set(stamps_of(truths)))


def test_a_video_at_its_own_rate_then_the_end(peer: ros.Peer, tmp_path: Path) -> None:
    # Three seconds, so that some of it is left when the two processes have met.
    write_video(tmp_path / 'clip.avi', frames=60)
    images = peer.collect(ImageMessage, 'image_raw')
    infos = peer.collect(CameraInfo, 'camera_info')
    process = peer.start('camera_node', source=str(tmp_path / 'clip.avi'))
    peer.until(lambda: 'has ended' in process.text)
    assert infos[0].k[0] == 0.0, 'nobody said what the field of view is'
    assert images, 'the pictures arrived'
    np.testing.assert_allclose(conversions.image_from_message(images[0]), 120, atol=3)
    assert process.process.poll() is None, 'the node outlives its source'
    assert process.end() == 0


def test_loop_size_rate_and_field_of_view(peer: ros.Peer, tmp_path: Path) -> None:
    write_video(tmp_path / 'clip.avi', frames=2)
    images = peer.collect(ImageMessage, 'image_raw')
    infos = peer.collect(CameraInfo, 'camera_info')
    peer.start(
        'camera_node',
        source=str(tmp_path / 'clip.avi'),
        loop='true',
        width=32,
        height=24,
        rate=50,
        horizontal_fov=1.5707963,
    )
    peer.until(lambda: len(images) > 10 and infos)
    assert {(image.width, image.height) for image in images} == {(32, 24)}
    assert infos[0].k[0] == pytest.approx(16.0, rel=1e-3)


def test_a_folder_of_pictures(peer: ros.Peer, tmp_path: Path, near_portrait: Image) -> None:
    folder = tmp_path / 'pictures'
    folder.mkdir()
    cv2.imwrite(str(folder / 'a.png'), near_portrait)
    (folder / 'b.png').write_bytes(b'no picture')
    images = peer.collect(ImageMessage, 'image_raw')
    process = peer.start('camera_node', source=str(folder), loop='true', rate=20)
    peer.until(lambda: len(images) > 2)
    np.testing.assert_array_equal(conversions.image_from_message(images[0]), near_portrait)
    assert 'b.png' in process.text


def test_a_source_that_is_not_there_is_reported_once_and_awaited(
    peer: ros.Peer, tmp_path: Path
) -> None:
    clip = tmp_path / 'later.avi'
    images = peer.collect(ImageMessage, 'image_raw')
    process = peer.start('camera_node', source=str(clip), loop='true')
    peer.until(lambda: str(clip) in process.text)
    # Long enough for two more tries.
    peer.spin_for(2.0)
    assert process.text.count(str(clip)) == 1
    write_video(clip)
    peer.until(lambda: images)
    peer.until(lambda: 'is back' in process.text)
    assert 'Traceback' not in process.text


def test_a_source_that_turns_bad_is_reported_and_awaited(peer: ros.Peer, tmp_path: Path) -> None:
    clip = tmp_path / 'clip.avi'
    write_video(clip, frames=3)
    images = peer.collect(ImageMessage, 'image_raw')
    process = peer.start('camera_node', source=str(clip), loop='true')
    peer.until(lambda: images)
    clip.unlink()
    peer.until(lambda: 'trying again' in process.text)
    assert process.process.poll() is None
    write_video(clip, level=30)
    images.clear()
    peer.until(lambda: images and int(images[-1].data[0]) < 40)


def test_an_empty_source_is_refused(peer: ros.Peer) -> None:
    process = peer.start('camera_node', source="''")
    assert process.process.wait(ros.PATIENCE) == 2
    assert 'error: source is empty' in process.text


def test_a_device_number_may_be_a_number(peer: ros.Peer) -> None:
    # No such device here: the point is that it is taken for one.
    process = peer.start('camera_node', source=97)
    peer.until(lambda: 'trying again' in process.text)
    assert '97' in process.text
    assert process.end(signal.SIGTERM) == 0
    assert 'Traceback' not in process.text
