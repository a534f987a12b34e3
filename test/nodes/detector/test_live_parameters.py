# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Every live parameter of detector_node changes what the running node does."""

from __future__ import annotations

import array
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as DepthMessage

from mask_proximity.core.models import litert
from mask_proximity.core.models.description import models_directory
from mask_proximity.core.models.threads import cores
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.settings_table import setting_rows
from mask_proximity.core.types import LABELS, Image
from mask_proximity.msg import FaceProximity, ProximityAlert
from mask_proximity.ros import conversions, qos
from support import ros
from support.detector import Show
from support.room import empty_room
from support.small_model import write_model

EMPTY = empty_room(640, 480)
NODE = 'detector_node'


class Stage:
    """A detector that is shown one picture again and again, and what it says of it."""

    def __init__(self, peer: ros.SharedPeer, picture: Image, data: Path, folder: Path) -> None:
        self.peer, self.data, self.folder = peer, data, folder
        self.alerts = peer.collect_alerts()
        self.camera = Show(peer, picture, live=False)
        # What is done to show something; a case may put more into it.
        self.show: Callable[[], None] = self.camera
        self.process: ros.SharedProcess | None = None

    def start(self, **parameters: Any) -> None:
        # The pictures are compared by what the nets say of them, so not a bit of them may change.
        # And what a change has ended falls at once.
        steady = {'frozen_after': 0.0, 'minimum_hold': 0.0}
        self.process = self.peer.start(NODE, **{**steady, **parameters})

    def set(self, **values: Any) -> None:
        result = self.peer.set_together(NODE, **values)
        assert result.successful, result.reason

    def refused(self, **values: Any) -> str:
        result = self.peer.set_together(NODE, **values)
        assert not result.successful
        return str(result.reason)

    def alert(self, fits: Callable[[ProximityAlert], object]) -> ProximityAlert:
        """Show the picture until an alert that is published from now on fits."""
        heard = len(self.alerts)
        return self.peer.until(
            lambda: next((alert for alert in self.alerts[heard:] if fits(alert)), None),
            each=self.show,
        )

    def level(self, level: int, reason: int) -> None:
        self.alert(lambda alert: (alert.level, alert.reason) == (level, reason))

    def face(self, fits: Callable[[FaceProximity], object] = lambda face: True) -> FaceProximity:
        # The first is the most urgent; others may be taken for faces.
        alert = self.alert(lambda alert: len(alert.faces) > 0 and fits(alert.faces[0]))
        return alert.faces[0]


def masked(picture: Image) -> Image:
    """The near portrait with a pale blue quadrilateral over nose, mouth and chin."""
    corners = np.array([(186, 122), (225, 113), (265, 122), (255, 165), (226, 182), (196, 165)])
    corners = np.round(corners * 720 / 512 - (20, 0)).astype(np.int32)
    covered = picture.copy()
    cv2.fillPoly(covered, [corners], (235, 215, 190), cv2.LINE_AA)
    return covered


def face_confidence(stage: Stage) -> None:
    stage.start()
    stage.face()
    stage.set(face_confidence=1.0)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)


def alert_confidence(stage: Stage) -> None:
    stage.start()
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    stage.set(alert_confidence=1.0, delay_off=0.0)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_UNSURE_NEAR)


def doubt_delay(stage: Stage) -> None:
    stage.start(alert_confidence=1.0, leave_factor=1.0, delay_off=0.0, doubt_delay=10.0)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NOBODY_NEAR)
    stage.set(doubt_delay=0.0)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_UNSURE_NEAR)


def min_face_width(stage: Stage) -> None:
    stage.start()
    stage.face()
    stage.set(min_face_width=600.0)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)


def mask_threshold(stage: Stage) -> None:
    stage.camera.picture = masked(stage.camera.picture)
    stage.start()
    stage.face(lambda face: face.mask_state == face.MASK_STATE_MASK)
    stage.set(mask_threshold=1.0)
    stage.face(lambda face: face.mask_state == face.MASK_STATE_UNSURE)


def no_mask_threshold(stage: Stage) -> None:
    stage.start()
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    stage.set(no_mask_threshold=1.0, delay_off=0.0)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_UNSURE_NEAR)


def unsure_state(stage: Stage) -> None:
    stage.start(no_mask_threshold=1.0)
    stage.face(lambda face: face.mask_state == face.MASK_STATE_UNSURE)
    stage.set(unsure_state=False)
    stage.face(lambda face: face.mask_state == face.MASK_STATE_NO_MASK)
    # It is in doubt all the same.
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_UNSURE_NEAR)


def incorrect_state(stage: Stage) -> None:
    bias = [50.0 if label == 'incorrect' else 0.0 for label in LABELS]
    model = write_model(stage.folder, LABELS, ('onnx',), bias=bias)
    stage.start(mask_backend='opencv', mask_model=str(model.path))
    stage.face(lambda face: face.mask_state == face.MASK_STATE_INCORRECT)
    stage.set(incorrect_state=False)
    stage.face(lambda face: face.mask_state == face.MASK_STATE_NO_MASK)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)


def alert_width_ratio(stage: Stage) -> None:
    stage.start(delay_off=0.0)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    stage.set(alert_width_ratio=0.5)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_APPROACHING)


def caution_width_ratio(stage: Stage) -> None:
    stage.start(delay_off=0.0, alert_width_ratio=0.5)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_APPROACHING)
    stage.set(caution_width_ratio=0.4)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NOBODY_NEAR)


def alert_distance(stage: Stage) -> None:
    stage.start(horizontal_fov=1.0, delay_off=0.0)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    stage.set(alert_distance=0.2)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_APPROACHING)


def caution_distance(stage: Stage) -> None:
    stage.start(horizontal_fov=1.0, delay_off=0.0, alert_distance=0.2)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_APPROACHING)
    stage.set(caution_distance=0.2)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NOBODY_NEAR)


def caution_time(stage: Stage) -> None:
    portrait, shown = stage.camera.picture, 0
    show_image = stage.show

    def show() -> None:
        """Let the face come nearer and go back."""
        nonlocal shown
        shown += 1
        scale = 1.0 - 0.05 * abs(shown % 20 - 10)
        small = cv2.resize(portrait, None, fx=scale, fy=scale)
        stage.camera.picture = EMPTY.copy()
        stage.camera.picture[: small.shape[0], : small.shape[1]] = small
        show_image()

    stage.show = show
    limits = {'alert_distance': 0.1, 'caution_distance': 0.1}
    stage.start(horizontal_fov=1.0, caution_time=0.0, **limits)
    stage.face(lambda face: face.time_to_contact > 0.0)
    assert all(alert.level <= ProximityAlert.CLEAR for alert in stage.alerts)
    stage.set(caution_time=60.0)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_APPROACHING)


def distance_margin(stage: Stage) -> None:
    stage.start(horizontal_fov=1.0, delay_off=0.0, leave_factor=1.0)
    face = stage.face()
    stage.set(alert_distance=face.distance - 0.3 * face.distance_stddev)
    stage.alert(lambda alert: alert.level == ProximityAlert.ALERT)
    stage.set(distance_margin=0.0)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_APPROACHING)


def leave_factor(stage: Stage) -> None:
    portrait, scale, smallest = stage.camera.picture, 1.0, 1.0
    show_image = stage.show

    def show() -> None:
        """Let the face go back slowly, so that it stays the same person."""
        nonlocal scale
        scale = max(smallest, scale - 0.03)
        small = cv2.resize(portrait, None, fx=scale, fy=scale)
        stage.camera.picture = EMPTY.copy()
        stage.camera.picture[: small.shape[0], : small.shape[1]] = small
        show_image()

    stage.show = show
    # Near it is 0.6 m away, far 1.0, and a standard deviation is taken off.
    stage.start(horizontal_fov=1.0, delay_off=0.0, leave_factor=3.0, alert_distance=0.7)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    smallest = 0.6
    far = stage.alert(lambda alert: len(alert.faces) > 0 and alert.faces[0].distance > 0.9)
    assert (far.level, far.reason) == (ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    stage.set(leave_factor=1.0)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_APPROACHING)


def zones(stage: Stage) -> None:
    stage.start(horizontal_fov=1.0, delay_off=0.0)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    path = stage.folder / 'zones.yaml'
    assert 'cannot be read' in stage.refused(zones=str(path))
    zone = '{name: here, bearing: [-1, 1], range: [0, .inf], alert_distance: %s}'
    path.write_text(f'zones: [{zone % "0, caution_distance: 0"}]')
    stage.set(zones=str(path))
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NOBODY_NEAR)
    stage.face(lambda face: face.zone == 'here')
    # The file is read again when it is set again.
    path.write_text(f'zones: [{zone % "2, caution_distance: 2"}]')
    stage.set(zones=str(path))
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)


def unsure_level(stage: Stage) -> None:
    stage.start(no_mask_threshold=1.0)
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_UNSURE_NEAR)
    stage.set(unsure_level='alert')
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)


def incorrect_level(stage: Stage) -> None:
    bias = [50.0 if label == 'incorrect' else 0.0 for label in LABELS]
    model = write_model(stage.folder, LABELS, ('onnx',), bias=bias)
    stage.start(mask_backend='opencv', mask_model=str(model.path), delay_off=0.0)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    stage.set(incorrect_level='caution')
    stage.level(ProximityAlert.CAUTION, ProximityAlert.REASON_APPROACHING)


def delay_on(stage: Stage) -> None:
    portrait, stage.camera.picture = stage.camera.picture, EMPTY
    stage.start(delay_on=0.0, delay_off=0.0)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)
    stage.set(delay_on=0.5)
    stage.camera.picture = portrait
    # The face is seen, and waited for.
    stage.alert(lambda alert: alert.faces and alert.level == ProximityAlert.CLEAR)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)


def minimum_hold(stage: Stage) -> None:
    stage.start(delay_off=0.0, minimum_hold=60.0)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    stage.camera.picture = EMPTY
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_HELD)
    stage.set(minimum_hold=0.0)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)


def tracking(stage: Stage) -> None:
    stage.start()
    stage.face(lambda face: face.track_id)
    stage.set(tracking=False)
    stage.face(lambda face: not face.track_id)


def track_memory(stage: Stage) -> None:
    portrait = stage.camera.picture

    def after_a_pause() -> str:
        stage.camera.picture = EMPTY
        # A fast detector must not come back to the portrait within the shortest memory.
        end = stage.peer.now() + 100_000_000
        stage.alert(
            lambda alert: not alert.faces and conversions.nanoseconds(alert.header.stamp) > end
        )
        stage.camera.picture = portrait
        return str(stage.face().track_id)

    stage.start(track_memory=10.0)
    name = stage.face().track_id
    assert after_a_pause() == name
    stage.set(track_memory=0.05)
    assert after_a_pause() != name


def belief_half_life(stage: Stage) -> None:
    stage.start(belief_half_life=10.0)
    stage.face(lambda face: face.mask_state == face.MASK_STATE_NO_MASK)
    stage.camera.picture = masked(stage.camera.picture)
    stage.face()
    assert stage.face().mask_state == FaceProximity.MASK_STATE_NO_MASK
    stage.set(belief_half_life=0.0)
    stage.face(lambda face: face.mask_state == face.MASK_STATE_MASK)


def delay_off(stage: Stage) -> None:
    stage.start(delay_off=10.0)
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_NO_MASK_NEAR)
    stage.camera.picture = EMPTY
    stage.level(ProximityAlert.ALERT, ProximityAlert.REASON_HELD)
    stage.set(delay_off=0.0)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)


def stale_after(stage: Stage) -> None:
    stage.camera.picture, stage.camera.age = EMPTY, 600_000_000
    stage.start(stale_after=30.0)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)
    stage.set(stale_after=0.3)
    stage.level(ProximityAlert.UNKNOWN, ProximityAlert.REASON_STALE_IMAGE)


def frozen_after(stage: Stage) -> None:
    stage.camera.picture = EMPTY
    stage.start()
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)
    stage.set(frozen_after=0.2)
    stage.level(ProximityAlert.UNKNOWN, ProximityAlert.REASON_FROZEN_IMAGE)


def dark_level(stage: Stage) -> None:
    stage.camera.picture = EMPTY // 2
    stage.start()
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)
    stage.set(dark_level=120.0)
    stage.level(ProximityAlert.UNKNOWN, ProximityAlert.REASON_DARK_IMAGE)


def covered_contrast(stage: Stage) -> None:
    stage.camera.picture = np.full_like(EMPTY, 70)
    stage.start()
    stage.level(ProximityAlert.UNKNOWN, ProximityAlert.REASON_DARK_IMAGE)
    stage.set(covered_contrast=0.0)
    stage.level(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)


def valid_for(stage: Stage) -> None:
    stage.start()
    stage.alert(lambda alert: (alert.valid_for.sec, alert.valid_for.nanosec) == (1, 500_000_000))
    stage.set(valid_for=7.0)
    stage.alert(lambda alert: (alert.valid_for.sec, alert.valid_for.nanosec) == (7, 0))


def face_width(stage: Stage) -> None:
    stage.start(horizontal_fov=1.0)
    before = stage.face().distance
    stage.set(face_width=0.272)
    stage.face(lambda face: face.distance == pytest.approx(2.0 * before, rel=1e-5))


def horizontal_fov(stage: Stage) -> None:
    stage.start()
    stage.face(lambda face: math.isnan(face.distance))
    stage.set(horizontal_fov=1.0)
    stage.face(lambda face: face.distance > 0.0)


def use_depth(stage: Stage) -> None:
    stage.start()
    stage.face()
    topic = f'{stage.peer.namespace}/depth'
    assert not stage.peer.node.get_subscriptions_info_by_topic(topic)
    stage.set(use_depth=True)
    stage.peer.until(lambda: stage.peer.node.get_subscriptions_info_by_topic(topic))


def depth_tolerance(stage: Stage) -> None:
    publisher = stage.peer.node.create_publisher(DepthMessage, 'depth', qos.STREAM)
    data = array.array('B', np.float32(1.0).tobytes())
    show_image = stage.show

    def show() -> None:
        wall = DepthMessage(width=1, height=1, encoding='32FC1', step=4, data=data)
        wall.header.stamp = conversions.time_message(stage.peer.now() - 400_000_000)
        publisher.publish(wall)
        show_image()

    stage.show = show
    stage.start(use_depth=True)
    stage.face(lambda face: math.isnan(face.distance))
    stage.set(depth_tolerance=1.0)
    stage.face(lambda face: face.distance == pytest.approx(1.0))


def heartbeat_period(stage: Stage) -> None:
    stage.start(heartbeat_period=10.0, valid_for=60.0)
    stage.peer.until(lambda: stage.alerts)
    stage.set(heartbeat_period=0.1)
    heard = len(stage.alerts)
    stage.peer.until(lambda: len(stage.alerts) > heard + 5, seconds=9.0)


def lazy(stage: Stage) -> None:
    images = stage.peer.image_publisher()
    stage.start()
    stage.peer.until(lambda: images.get_subscription_count() == 1)
    stage.peer.node.destroy_subscription(next(iter(stage.peer.node.subscriptions)))
    stage.set(lazy=True)
    stage.peer.until(lambda: images.get_subscription_count() == 0)
    stage.set(lazy=False)
    stage.peer.until(lambda: images.get_subscription_count() == 1)


def image_transport(stage: Stage) -> None:
    compressed = stage.peer.node.create_publisher(CompressedImage, 'image_raw/compressed', 1)
    stage.start()
    stage.face()
    stage.set(image_transport='compressed')

    def show() -> None:
        message = CompressedImage(format='bgr8; png compressed bgr8')
        message.header.stamp = conversions.time_message(stage.peer.now())
        message.data.frombytes(cv2.imencode('.png', stage.camera.picture)[1].tobytes())
        compressed.publish(message)

    heard = len(stage.alerts)
    stage.peer.until(
        lambda: any(alert.level == ProximityAlert.ALERT for alert in stage.alerts[heard:]),
        each=show,
    )
    stage.set(image_transport='raw')
    stage.face()


def face_model(stage: Stage) -> None:
    stage.start()
    by_ssd = stage.face().bbox
    assert 'needs face_model_path' in stage.refused(face_model='yunet')
    stage.set(face_model='yunet', face_model_path=yunet(stage))
    stage.face(lambda face: face.bbox != by_ssd)


def face_model_path(stage: Stage) -> None:
    copy = str(shutil.copy(yunet(stage), stage.folder / 'mine.onnx'))
    stage.start(face_model='yunet', face_model_path=copy)
    stage.face()
    foreign = stage.folder / 'foreign.onnx'
    foreign.write_bytes(b'no net')
    assert 'cannot run this YuNet model' in stage.refused(face_model_path=str(foreign))
    stage.face()
    Path(copy).unlink()
    stage.set(face_model_path=yunet(stage))
    stage.face()
    assert stage.peer.get(NODE, 'face_model_path') == [yunet(stage)]


def yunet(stage: Stage) -> str:
    return str(stage.data.parent / 'models' / 'face_detection_yunet_2023mar.onnx')


def face_input_size(stage: Stage) -> None:
    stage.start()
    before = stage.face().bbox
    stage.set(face_input_size=160)
    stage.face(lambda face: face.bbox != before)


def working_width(stage: Stage) -> None:
    stage.start()
    before = stage.face().bbox
    stage.set(working_width=320)
    face = stage.face(lambda face: face.bbox != before)
    assert face.bbox.center.position.x == pytest.approx(before.center.position.x, abs=20), (
        'boxes stay pixels of the original image'
    )


def whole_pixels(stage: Stage) -> None:
    stage.start()
    stage.face(lambda face: face.bbox.size_x != int(face.bbox.size_x))
    stage.set(whole_pixels=True)
    stage.face(lambda face: face.bbox.size_x == int(face.bbox.size_x))


def face_backend(stage: Stage) -> None:
    stage.start(face_backend='litert')
    before = stage.face().bbox.center.position
    stage.set(face_backend='opencv')
    assert stage.process is not None and 'From now on faces by ssd on OpenCV' in stage.process.text
    after = stage.face().bbox.center.position
    assert (after.x, after.y) == pytest.approx((before.x, before.y), abs=1.0)


def mask_backend(stage: Stage) -> None:
    stage.start(mask_backend='litert')
    before = stage.face().mask_probability
    stage.set(mask_backend='opencv')
    assert stage.process is not None and 'masks by mask_classifier on OpenCV' in stage.process.text
    assert stage.face().mask_probability == pytest.approx(before, abs=1e-3)


def mask_model(stage: Stage) -> None:
    stage.start()
    before = stage.face().mask_probability
    for path in models_directory().glob('mask_classifier*'):
        shutil.copy(path, stage.folder)
    mine = stage.folder / 'mask_classifier.json'
    description = json.loads(mine.read_text())
    mine.write_text(json.dumps({**description, 'labels': ['hat', 'no_hat']}))
    assert "this model has the labels ['hat', 'no_hat']" in stage.refused(mask_model=str(mine))
    stage.face(lambda face: face.mask_probability == before)
    mine.write_text(json.dumps({**description, 'crop_margin': 0.0}))
    stage.set(mask_model=str(mine))
    stage.face(lambda face: face.mask_probability != before)


def crop_margin(stage: Stage) -> None:
    stage.start()
    before = stage.face().mask_probability
    stage.set(crop_margin=0.0)
    stage.face(lambda face: face.mask_probability != before)


def crop_interpolation(stage: Stage) -> None:
    # Larger than the classifier looks at, so that it must shrink.
    stage.camera.picture = cv2.resize(stage.camera.picture, (1920, 1440))
    stage.start()
    before = stage.face().mask_probability
    stage.set(crop_interpolation='linear')
    stage.face(lambda face: face.mask_probability != before)


def threads(stage: Stage) -> None:
    stage.start(threads=1)
    stage.face()
    assert stage.process is not None
    tasks = Path('/proc', str(stage.process.process.pid), 'task')

    def running() -> int:
        return len(list(tasks.iterdir()))

    alone = running()
    # No net takes more than the machine has.
    more = min(6, cores()) - 1
    stage.set(threads=6)
    most = stage.peer.until(
        lambda: number if (number := running()) >= alone + more else None, each=stage.show
    )
    # What else may have begun in the meantime would not end by this. OpenCV keeps its threads.
    stage.set(threads=1)
    if litert.is_installed():
        stage.peer.until(lambda: running() <= most - more, each=stage.show)


CASES: dict[str, Callable[[Stage], None]] = {
    case.__name__: case
    for case in (
        face_confidence,
        alert_confidence,
        doubt_delay,
        min_face_width,
        mask_threshold,
        no_mask_threshold,
        unsure_state,
        incorrect_state,
        alert_width_ratio,
        caution_width_ratio,
        alert_distance,
        caution_distance,
        caution_time,
        distance_margin,
        leave_factor,
        zones,
        unsure_level,
        incorrect_level,
        delay_on,
        delay_off,
        minimum_hold,
        tracking,
        track_memory,
        belief_half_life,
        stale_after,
        frozen_after,
        dark_level,
        covered_contrast,
        valid_for,
        face_width,
        horizontal_fov,
        use_depth,
        depth_tolerance,
        heartbeat_period,
        lazy,
        image_transport,
        face_model,
        face_model_path,
        face_input_size,
        working_width,
        whole_pixels,
        face_backend,
        mask_backend,
        mask_model,
        crop_margin,
        crop_interpolation,
        threads,
    )
}


# What a robot with nothing but apt's packages cannot show.
NEEDS = {
    'face_model': pytest.mark.yunet,
    'face_model_path': pytest.mark.yunet,
    # Where TensorFlow is loaded already: it writes a small model.
    'incorrect_state': [pytest.mark.tensorflow, pytest.mark.xdist_group('tensorflow')],
    'incorrect_level': [pytest.mark.tensorflow, pytest.mark.xdist_group('tensorflow')],
    'face_backend': pytest.mark.litert,
    'mask_backend': pytest.mark.litert,
}


def test_every_live_parameter_is_here() -> None:
    assert set(CASES) == {row.name for row in setting_rows(DetectorSettings) if row.live}


@pytest.mark.parametrize('name', [pytest.param(name, marks=NEEDS.get(name, ())) for name in CASES])
def test_it_acts_while_the_node_runs(
    name: str, shared_peer: ros.SharedPeer, near_portrait: Image, data: Path, tmp_path: Path
) -> None:
    stage = Stage(shared_peer, near_portrait, data, tmp_path)
    CASES[name](stage)
    assert stage.process is not None
    assert 'Traceback' not in stage.process.text
