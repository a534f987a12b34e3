# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""camera_node: real files and the simulated scene over real DDS."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.settings.nodes import CameraSettings
from mask_proximity.core.settings_table import setting_rows
from mask_proximity.core.sources.gstreamer import has_gstreamer
from mask_proximity.core.types import Image
from mask_proximity.ros import conversions, image_conversions, qos, simulation_conversions
from support import ros


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
    faces = [f for t in truths for f in simulation_conversions.truth_from_message(t)]
    assert faces[0].box.width * faces[0].distance == pytest.approx(info.k[0] * 0.14, rel=0.01)
    assert process.end() == 0
    assert 'Traceback' not in process.text


SCENE = """
duration: 60
camera: {size: [64, 48], rate: 20}
robot: {x: 0.2, z: -2.0, speed: 0.5}
people:
  - {name: Ada, wears: no_mask, walk: [[0, 0.2, 5], [60, 0.2, 5]]}
events:
  - {camera: stalled, from: 0.5, to: 1.0}
"""


def test_a_simulated_robot_goes_where_it_is_driven_and_stops_when_nobody_drives(
    peer: ros.Peer, tmp_path: Path
) -> None:
    scene = tmp_path / 'scene.yaml'
    scene.write_text(SCENE)
    odometry = peer.collect(Odometry, 'odom', qos.TRUTH)
    truths = peer.collect(Detection2DArray, 'ground_truth', qos.TRUTH)
    images = peer.collect(ImageMessage, 'image_raw')
    commands = peer.node.create_publisher(Twist, 'cmd_vel', qos.STREAM)
    command = Twist()
    command.linear.x = 1.0
    process = peer.start('camera_node', source=f'"simulated:{scene}"')
    peer.until(lambda: odometry)
    start = odometry[0]
    assert (start.header.frame_id, start.child_frame_id) == ('odom', 'base_link')
    assert (start.pose.pose.position.x, start.pose.pose.position.y) == (-2.0, -0.2)
    peer.until(lambda: odometry[-1].pose.pose.position.x > 0.0, lambda: commands.publish(command))
    assert odometry[-1].twist.twist.linear.x == 1.0
    # Nobody drives any more.
    peer.until(lambda: odometry[-1].twist.twist.linear.x == 0.0)
    place = odometry[-1].pose.pose.position.x
    peer.until(lambda: len(truths) > 80)
    assert odometry[-1].pose.pose.position.x == place
    # The picture is taken from there: what is near is as much nearer as was driven.
    where = {conversions.nanoseconds(each.header.stamp): each for each in odometry}
    seen = 0
    for stamp, message in zip(stamps_of(truths), truths, strict=True):
        for face in simulation_conversions.truth_from_message(message):
            if stamp in where:
                seen += 1
                assert face.distance == pytest.approx(
                    5.0 - where[stamp].pose.pose.position.x, abs=0.01
                )
    assert seen > 50
    # While the camera is stalled, only the time goes on.
    assert len(stamps_of(truths)) >= len(set(stamps_of(truths)) & set(stamps_of(images))) + 10
    # To the left is to the left: REP-103.
    command.linear.x, command.angular.z = 0.0, 0.5
    peer.until(
        lambda: simulation_conversions.pose_from_odometry(odometry[-1]).yaw < -0.1,
        lambda: commands.publish(command),
    )
    assert odometry[-1].pose.pose.orientation.z > 0.0
    assert process.end() == 0
    assert 'Traceback' not in process.text


def test_a_bad_scene_is_reported(peer: ros.Peer, tmp_path: Path) -> None:
    scene = tmp_path / 'scene.yaml'
    scene.write_text('duration: -3')
    process = peer.start('camera_node', source=f'"simulated:{scene}"')
    peer.until(lambda: 'duration must be a number within 0.1 to 3600 s' in process.text)
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
    np.testing.assert_allclose(image_conversions.image_from_message(images[0]), 120, atol=3)
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
    np.testing.assert_array_equal(image_conversions.image_from_message(images[0]), near_portrait)
    assert 'b.png' in process.text


def test_a_source_that_is_not_there_is_reported_once_and_awaited(
    peer: ros.Peer, tmp_path: Path
) -> None:
    clip = tmp_path / 'later.avi'
    images = peer.collect(ImageMessage, 'image_raw')
    process = peer.start('camera_node', source=str(clip), loop='true')
    peer.until(lambda: str(clip) in process.text)
    write_video(clip)
    peer.until(lambda: images)
    # However often it was tried: test/nodes/camera/test_reader.py.
    assert process.text.count('trying again') == 1
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


def write_pictures(folder: Path, color: tuple[int, int, int]) -> Path:
    """Two pictures of 64x48 in one colour."""
    folder.mkdir()
    for name in ('a.png', 'b.png'):
        cv2.imwrite(str(folder / name), np.full((48, 64, 3), color, np.uint8))
    return folder


RED, BLUE = (0, 0, 255), (255, 0, 0)

CALIBRATION = """\
image_width: 64
image_height: 48
camera_name: front
camera_matrix: {{rows: 3, cols: 3, data: [{fx}, 0., 31., 0., {fx}, 23., 0., 0., 1.]}}
distortion_model: plumb_bob
distortion_coefficients: {{rows: 1, cols: 5, data: [0.1, -0.2, 0., 0., 0.]}}
rectification_matrix: {{rows: 3, cols: 3, data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]}}
projection_matrix:
  rows: 3
  cols: 4
  data: [{fx}, 0., 31., 0., 0., {fx}, 23., 0., 0., 0., 1., 0.]
"""


def write_calibration(path: Path, fx: float = 50.0) -> Path:
    path.write_text(CALIBRATION.format(fx=fx))
    return path


class RunningCamera:
    """camera_node on a folder of red pictures, and what it publishes."""

    def __init__(self, peer: ros.Peer, folder: Path, **parameters: object) -> None:
        self.peer = peer
        self.images = peer.collect(ImageMessage, 'image_raw')
        self.infos = peer.collect(CameraInfo, 'camera_info')
        values = {'source': write_pictures(folder / 'red', RED), 'loop': 'true', 'rate': 20}
        self.process = peer.start('camera_node', **{**values, **parameters})

    def wait(self, condition: Callable[[ImageMessage, CameraInfo], bool]) -> None:
        """Until the newest image and camera_info are as they should be."""
        self.peer.until(
            lambda: self.images and self.infos and condition(self.images[-1], self.infos[-1])
        )

    def set(self, **values: object) -> None:
        (result,) = self.peer.set('camera_node', **values)
        assert result.successful, result.reason


@pytest.fixture
def camera(peer: ros.Peer, tmp_path: Path) -> RunningCamera:
    camera = RunningCamera(peer, tmp_path)
    camera.wait(lambda image, _: tuple(image.data[:3]) == RED)
    return camera


def test_every_parameter_is_live() -> None:
    assert [row.name for row in setting_rows(CameraSettings) if not row.live] == []


def test_the_source_changes_while_it_runs(
    peer: ros.Peer, camera: RunningCamera, tmp_path: Path
) -> None:
    camera.set(source=str(write_pictures(tmp_path / 'blue', BLUE)))
    camera.wait(lambda image, _: tuple(image.data[:3]) == BLUE)
    # One that is not there is reported and awaited, and the next one does not wait for it.
    camera.set(source=str(tmp_path / 'none'))
    peer.until(lambda: 'none: there is no such file' in camera.process.text)
    truths = peer.collect(Detection2DArray, 'ground_truth', qos.TRUTH)
    camera.set(source='simulated')
    camera.wait(lambda image, info: image.width == 640 and info.k[0] > 500)
    peer.until(lambda: truths)
    camera.set(source=str(tmp_path / 'red'))
    camera.wait(lambda image, _: tuple(image.data[:3]) == RED)
    assert camera.process.end() == 0
    assert 'Traceback' not in camera.process.text


def test_the_size_changes_while_it_runs(camera: RunningCamera) -> None:
    camera.set(width=32)
    camera.wait(lambda image, info: (image.width, image.height, info.width) == (32, 24, 32))
    camera.set(height=32)
    camera.wait(lambda image, info: (image.width, image.height, info.height) == (32, 32, 32))
    camera.set(width=0)
    camera.wait(lambda image, _: (image.width, image.height) == (43, 32))
    (refused,) = camera.peer.set('camera_node', width=-1)
    assert not refused.successful


def test_the_rate_changes_while_it_runs(camera: RunningCamera) -> None:
    camera.set(rate=0.02)
    # At most one that was under way, and then none for 50 s, unless the rate is looked at.
    camera.peer.spin_for(1.0)
    camera.images.clear()
    camera.peer.spin_for(1.0)
    assert camera.images == []
    camera.set(rate=50.0)
    camera.peer.until(lambda: len(camera.images) > 20)


def test_loop_changes_while_it_runs(camera: RunningCamera) -> None:
    camera.set(loop=False)
    camera.peer.until(lambda: 'red has ended' in camera.process.text)
    camera.set(frame_id='nothing_comes_of_it')
    camera.peer.spin_for(0.5)
    camera.images.clear()
    camera.set(loop=True)
    camera.peer.until(lambda: len(camera.images) > 4)
    assert camera.process.text.count('has ended') == 1


def test_the_frame_changes_while_it_runs(camera: RunningCamera) -> None:
    camera.set(frame_id='rear')
    camera.wait(lambda image, info: {image.header.frame_id, info.header.frame_id} == {'rear'})


def test_the_field_of_view_changes_while_it_runs(camera: RunningCamera) -> None:
    assert camera.infos[-1].k[0] == 0.0
    camera.set(horizontal_fov=math.pi / 2)
    camera.wait(lambda _, info: info.k[0] == pytest.approx(32.0))
    camera.set(horizontal_fov=0.0)
    camera.wait(lambda _, info: info.k[0] == 0.0)


def test_the_calibration_changes_while_it_runs(camera: RunningCamera, tmp_path: Path) -> None:
    first = write_calibration(tmp_path / 'first.yaml', 50.0)
    second = write_calibration(tmp_path / 'second.yaml', 60.0)
    camera.set(horizontal_fov=math.pi / 2)
    camera.set(camera_info_url=f'file://{first}')
    camera.wait(lambda _, info: info.k[0] == 50.0)
    info = camera.infos[-1]
    assert (info.width, info.height, info.distortion_model) == (64, 48, 'plumb_bob')
    assert list(info.d) == [0.1, -0.2, 0, 0, 0]
    assert list(info.p) == [50, 0, 31, 0, 0, 50, 23, 0, 0, 0, 1, 0]
    assert list(info.r) == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    camera.set(camera_info_url=str(second))
    camera.wait(lambda _, info: info.k[0] == 60.0)
    for url, sentence in (
        (str(tmp_path / 'none.yaml'), 'none.yaml: this file cannot be read (No such file'),
        (
            str(tmp_path / 'red' / 'a.png'),
            'a.png: this file cannot be parsed as YAML; expected a YAML file',
        ),
        ('package://no_such_package/a.yaml', "the package 'no_such_package' is not installed"),
        ('http://host/a.yaml', "cannot be opened; expected 'file:///path'"),
    ):
        (refused,) = camera.peer.set('camera_node', camera_info_url=url)
        assert not refused.successful
        assert sentence in refused.reason
    assert camera.peer.get('camera_node', 'camera_info_url') == [str(second)]
    camera.infos.clear()
    camera.wait(lambda _, info: info.k[0] == 60.0)
    camera.set(camera_info_url='')
    camera.wait(lambda _, info: info.k[0] == pytest.approx(32.0))


def test_a_calibration_of_a_package(peer: ros.Peer, tmp_path: Path) -> None:
    # The package has no calibration. The error about this file shows that it was looked for there.
    process = peer.start(
        'camera_node', camera_info_url='package://mask_proximity/config/mask_proximity.yaml'
    )
    assert process.process.wait(ros.PATIENCE) == 2
    assert 'config/mask_proximity.yaml: image_width is missing' in process.text
    assert 'Traceback' not in process.text


def test_a_calibration_of_another_size_is_scaled_with_a_warning(
    peer: ros.Peer, tmp_path: Path
) -> None:
    calibration = write_calibration(tmp_path / 'front.yaml')
    camera = RunningCamera(peer, tmp_path, camera_info_url=calibration, width=128)
    camera.wait(lambda image, info: image.width == 128 and list(info.k[:3]) == [100, 0, 62])
    assert list(camera.infos[-1].p[4:8]) == [0, 100, 46, 0]
    assert (camera.infos[-1].width, camera.infos[-1].height) == (128, 96)
    peer.until(lambda: len(camera.infos) > 10)
    assert camera.process.text.count('was scaled to 128x96') == 1


def test_a_calibration_of_another_aspect_says_uncalibrated(peer: ros.Peer, tmp_path: Path) -> None:
    calibration = write_calibration(tmp_path / 'front.yaml')
    camera = RunningCamera(
        peer, tmp_path, camera_info_url=calibration, width=64, height=64, horizontal_fov=1.0
    )
    camera.wait(lambda image, info: image.height == 64 and info.height == 64)
    peer.until(lambda: len(camera.infos) > 10)
    assert all(not any(info.k) and not any(info.p) for info in camera.infos)
    assert camera.process.text.count('whose aspect ratio is not that of the 64x64 images') == 1


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        (CALIBRATION.format(fx=0), 'fx = 0 and fy = 0; expected both above 0'),
        ('rate: 3', 'is missing; expected a YAML file of camera_calibration'),
    ],
)
def test_a_bad_calibration_ends_the_start(
    peer: ros.Peer, tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / 'front.yaml'
    path.write_text(text)
    process = peer.start('camera_node', camera_info_url=path)
    assert process.process.wait(ros.PATIENCE) == 2
    assert f'error: {path}: ' in process.text
    assert sentence in process.text
    assert 'Traceback' not in process.text


def test_a_pipeline_is_a_source_where_opencv_has_gstreamer(peer: ros.Peer) -> None:
    images = peer.collect(ImageMessage, 'image_raw')
    pipeline = 'videotestsrc is-live=true ! video/x-raw,width=64,height=48 ! videoconvert ! appsink'
    process = peer.start('camera_node', source=f'"{pipeline}"')
    if has_gstreamer():
        peer.until(lambda: images)
        assert (images[0].width, images[0].height) == (64, 48)
    else:
        peer.until(lambda: 'built without GStreamer' in process.text)
    assert process.end() == 0
    assert 'Traceback' not in process.text
