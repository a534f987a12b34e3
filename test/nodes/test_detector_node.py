# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""detector_node as a robot meets it: its own process, real DDS, real pictures."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rcl_interfaces.msg import ParameterType
from rclpy.qos import QoSDurabilityPolicy, QoSReliabilityPolicy
from sensor_msgs.msg import CameraInfo
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.alert.monitor import AlertMonitor
from mask_proximity.core.models.description import models_directory
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, Image, Level
from mask_proximity.msg import FaceProximity, ProximityAlert
from mask_proximity.ros import conversions
from support import ros
from support.detector import Show
from support.room import empty_room

SECOND = 1_000_000_000
EMPTY = empty_room(640, 480)


def stamp_of(message: Any) -> int:
    return conversions.nanoseconds(message.header.stamp)


def newest(alerts: list[ProximityAlert], level: int, **fields: Any) -> ProximityAlert | None:
    """The newest alert, if it has this level and these values."""
    if not alerts or alerts[-1].level != level:
        return None
    if any(getattr(alerts[-1], name) != value for name, value in fields.items()):
        return None
    return alerts[-1]


def test_before_any_image_it_says_unknown_again_and_again(peer: ros.Peer) -> None:
    alerts = peer.collect_alerts()
    peer.start('detector_node', heartbeat_period=0.2)
    peer.until(lambda: len([a for a in alerts if a.reason == a.REASON_NO_IMAGE]) >= 3)
    assert {alert.level for alert in alerts} == {ProximityAlert.UNKNOWN}
    last = alerts[-1]
    assert f'{peer.namespace}/image_raw' in last.text
    assert last.faces == [] and last.header.frame_id == ''
    assert conversions.nanoseconds(last.valid_for) == 1.5 * SECOND
    assert len({conversions.nanoseconds(alert.since) for alert in alerts[-3:]}) == 1


def test_one_line_at_start_says_what_runs_and_how_fast(peer: ros.Peer) -> None:
    process = peer.start('detector_node', threads=1)
    peer.until(lambda: 'Active.' in process.text)
    (line,) = (line for line in process.text.splitlines() if 'masks by mask_classifier' in line)
    assert '[INFO]' in line
    said = re.search(
        r'Ready after [\d.]+ s: faces by ssd on \w+ \((\d+)x\d+\), masks by mask_classifier on '
        r'\w+, 1 thread; about \d+ images per second on this machine with one face\.$',
        line,
    )
    assert said is not None and said[1] != '160'
    # The same again of whatever is as fast as something else.
    peer.set('detector_node', face_input_size=160)
    peer.until(lambda: 'From now on faces by ssd on ' in process.text)
    assert ' (160x160), masks by mask_classifier on ' in process.text
    peer.set('detector_node', alert_distance=2.0)
    assert process.text.count('masks by mask_classifier') == 2


def test_topics_and_their_quality_of_service(shared_peer: ros.SharedPeer) -> None:
    alerts = shared_peer.collect_alerts()
    shared_peer.start('detector_node')
    # Subscribed to when the node is active.
    shared_peer.until(lambda: any(alert.reason == alert.REASON_NO_IMAGE for alert in alerts))
    (alert,) = shared_peer.node.get_publishers_info_by_topic(f'{shared_peer.namespace}/alert')
    assert alert.topic_type == 'mask_proximity/msg/ProximityAlert'
    assert alert.qos_profile.reliability is QoSReliabilityPolicy.RELIABLE
    assert alert.qos_profile.durability is QoSDurabilityPolicy.TRANSIENT_LOCAL
    (detections,) = shared_peer.node.get_publishers_info_by_topic(
        f'{shared_peer.namespace}/detections'
    )
    assert detections.topic_type == 'vision_msgs/msg/Detection2DArray'
    (images,) = shared_peer.node.get_subscriptions_info_by_topic(
        f'{shared_peer.namespace}/image_raw'
    )
    assert images.topic_type == 'sensor_msgs/msg/Image'
    assert images.qos_profile.reliability is QoSReliabilityPolicy.BEST_EFFORT
    (infos,) = shared_peer.node.get_subscriptions_info_by_topic(
        f'{shared_peer.namespace}/camera_info'
    )
    assert infos.topic_type == 'sensor_msgs/msg/CameraInfo'


def test_a_bare_face_nearby(shared_peer: ros.SharedPeer, near_portrait: Image) -> None:
    alerts, arrays = (
        shared_peer.collect_alerts(),
        shared_peer.collect(Detection2DArray, 'detections'),
    )
    show = Show(shared_peer, near_portrait)
    shared_peer.start('detector_node')
    alert = shared_peer.until(lambda: newest(alerts, ProximityAlert.ALERT), each=show)
    assert alert.text == 'Maintain Distance'
    assert alert.reason == ProximityAlert.REASON_NO_MASK_NEAR
    assert stamp_of(alert) in show.stamps and alert.header.frame_id == 'camera'
    assert 0 < conversions.nanoseconds(alert.latency) < ros.PATIENCE * SECOND
    (face,) = alert.faces
    assert face.mask_state == FaceProximity.MASK_STATE_NO_MASK
    assert face.level == ProximityAlert.ALERT
    assert face.mask_probability < 0.25
    assert face.width_ratio == pytest.approx(face.bbox.size_x / 640, rel=1e-5)
    # The box is the one that the face detector itself gives, to a pixel of resize arithmetic.
    ssd = load_face_detector(DetectorSettings())
    (found,) = ssd.detect(near_portrait, 0.5)
    assert conversions.box_from_message(face.bbox).iou(found.box) > 0.98

    array = shared_peer.until(
        lambda: next((a for a in arrays if stamp_of(a) == stamp_of(alert)), None)
    )
    assert array.header.frame_id == 'camera'
    (detection,) = array.detections
    scores = {r.hypothesis.class_id: r.hypothesis.score for r in detection.results}
    assert set(scores) == set(LABELS) and next(iter(scores)) == 'no_mask'
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    assert scores['mask'] == pytest.approx(face.mask_probability, abs=1e-6)
    assert sum(scores.values()) == pytest.approx(1.0)
    assert detection.bbox == face.bbox


def test_every_frame_gets_an_array_even_without_faces(shared_peer: ros.SharedPeer) -> None:
    alerts, arrays = (
        shared_peer.collect_alerts(),
        shared_peer.collect(Detection2DArray, 'detections'),
    )
    show = Show(shared_peer, EMPTY)
    shared_peer.start('detector_node')
    alert = shared_peer.until(
        lambda: newest(alerts, ProximityAlert.CLEAR, reason=ProximityAlert.REASON_NO_FACE),
        each=show,
    )
    array = shared_peer.until(
        lambda: next((a for a in arrays if stamp_of(a) == stamp_of(alert)), None)
    )
    assert array.detections == []


def test_when_the_images_stop_it_says_unknown(shared_peer: ros.SharedPeer) -> None:
    alerts = shared_peer.collect_alerts()
    show = Show(shared_peer, EMPTY)
    shared_peer.start('detector_node', stale_after=0.5, heartbeat_period=0.2)
    clear = shared_peer.until(lambda: newest(alerts, ProximityAlert.CLEAR), each=show)
    unknown = shared_peer.until(lambda: newest(alerts, ProximityAlert.UNKNOWN))
    assert unknown.reason == ProximityAlert.REASON_STALE_IMAGE
    assert 'more than stale_after' in unknown.text
    # It still says of which image it speaks, and how long ago that was.
    assert stamp_of(unknown) in show.stamps
    assert stamp_of(unknown) >= stamp_of(clear)
    assert conversions.nanoseconds(unknown.latency) > 0.5 * SECOND
    shared_peer.until(lambda: newest(alerts, ProximityAlert.CLEAR), each=show)


@pytest.mark.parametrize(
    ('offset', 'sentence'),
    [(-3600 * SECOND, '3600'), (3600 * SECOND, 'in the future'), (None, 'no stamp')],
)
def test_images_that_are_no_evidence_for_the_present(
    shared_peer: ros.SharedPeer, near_portrait: Image, offset: int | None, sentence: str
) -> None:
    alerts = shared_peer.collect_alerts()
    publisher = shared_peer.image_publisher()
    shared_peer.start('detector_node')

    def show() -> None:
        stamp = 0 if offset is None else shared_peer.now() + offset
        publisher.publish(shared_peer.image(near_portrait, stamp))

    shared_peer.until(
        lambda: newest(alerts, ProximityAlert.UNKNOWN, reason=ProximityAlert.REASON_STALE_IMAGE),
        each=show,
    )
    assert sentence in alerts[-1].text
    assert {alert.level for alert in alerts} == {ProximityAlert.UNKNOWN}


def test_parameters_of_the_rule_act_while_it_runs(
    shared_peer: ros.SharedPeer, near_portrait: Image
) -> None:
    alerts = shared_peer.collect_alerts()
    show = Show(shared_peer, near_portrait)
    shared_peer.start('detector_node', delay_off=0.0)
    shared_peer.until(lambda: newest(alerts, ProximityAlert.ALERT), each=show)
    # The face is about a fifth of the picture wide.
    assert [r.successful for r in shared_peer.set('detector_node', alert_width_ratio=0.5)] == [True]
    shared_peer.until(lambda: newest(alerts, ProximityAlert.CAUTION), each=show)
    shared_peer.set('detector_node', caution_width_ratio=0.4)
    shared_peer.until(
        lambda: newest(alerts, ProximityAlert.CLEAR, reason=ProximityAlert.REASON_NOBODY_NEAR),
        each=show,
    )
    shared_peer.set('detector_node', face_confidence=1.0)
    shared_peer.until(
        lambda: newest(alerts, ProximityAlert.CLEAR, reason=ProximityAlert.REASON_NO_FACE),
        each=show,
    )
    assert shared_peer.set_together(
        'detector_node',
        face_confidence=0.5,
        caution_width_ratio=0.05,
        alert_width_ratio=0.06,
    ).successful
    shared_peer.until(lambda: newest(alerts, ProximityAlert.ALERT), each=show)
    assert shared_peer.get('detector_node', 'alert_width_ratio', 'caution_width_ratio') == [
        0.06,
        0.05,
    ]


@pytest.mark.parametrize(
    ('values', 'sentence'),
    [
        ({'mask_threshold': 7.0}, 'mask_threshold'),
        ({'mask_threshold': float('nan')}, 'mask_threshold out of range'),
        ({'delay_off': 'long'}, 'delay_off must be of type double'),
        ({'caution_width_ratio': 0.5}, 'must be at most alert_width_ratio'),
        ({'autostart': False}, 'read-only'),
        ({'face_model': 'yunet'}, 'needs face_model_path'),
        ({'face_model': 'hog'}, 'must be ssd or ssd_published or yunet'),
        ({'zones': '/nowhere.yaml'}, 'zones: /nowhere.yaml: this file cannot be read'),
        ({'mask_treshold': 0.8}, 'did you mean mask_threshold?'),
    ],
)
def test_a_bad_set_is_refused_with_a_sentence(
    shared_peer: ros.SharedPeer, values: dict[str, Any], sentence: str
) -> None:
    shared_peer.start('detector_node')
    (result,) = shared_peer.set('detector_node', **values)
    assert not result.successful
    assert sentence in result.reason
    assert shared_peer.get(
        'detector_node', 'mask_threshold', 'delay_off', 'caution_width_ratio'
    ) == [
        0.75,
        0.5,
        0.07,
    ]


def test_parameters_are_described(shared_peer: ros.SharedPeer) -> None:
    shared_peer.start('detector_node')
    threshold, model, start = shared_peer.describe(
        'detector_node', 'mask_threshold', 'face_model', 'autostart'
    )
    assert threshold.floating_point_range[0].from_value == 0.5
    assert 'P(mask)' in threshold.description and not threshold.read_only
    assert 'yunet' in model.additional_constraints
    assert start.read_only and not model.read_only


def test_only_the_newest_image_counts_and_the_others_are_counted(
    peer: ros.Peer, near_portrait: Image
) -> None:
    alerts = peer.collect_alerts()
    publisher = peer.image_publisher()
    peer.start('detector_node')
    peer.until(lambda: alerts and alerts[-1].reason == ProximityAlert.REASON_NO_IMAGE)
    peer.until(lambda: publisher.get_subscription_count() > 0)
    # Large pictures take tens of milliseconds; a burst of them cannot all be worked on.
    picture = np.ascontiguousarray(np.kron(near_portrait, np.ones((2, 2, 1), np.uint8)))
    stamps = [peer.now()]

    def burst() -> None:
        for _ in range(10):
            stamps.append(max(peer.now(), stamps[-1] + 1))
            publisher.publish(peer.image(picture, stamps[-1]))

    peer.until(lambda: alerts[-1].frames_dropped > 0, each=burst)
    peer.until(lambda: stamp_of(alerts[-1]) == stamps[-1])
    judged = [stamp_of(alert) for alert in alerts if alert.level != ProximityAlert.UNKNOWN]
    assert judged == sorted(judged)


@pytest.mark.parametrize(
    ('damage', 'sentence'),
    [
        ({'encoding': 'yuv999'}, "encoding 'yuv999'; expected one of"),
        ({'width': 0}, 'size 0x480'),
        ({'height': 4_000_000_000}, 'at most 100 million pixels'),
        ({'height': 481}, 'expected 923520'),
        ({'step': 3}, 'expected at least 1920'),
    ],
)
def test_a_broken_image_is_a_fault_that_passes(
    shared_peer: ros.SharedPeer, damage: dict[str, Any], sentence: str
) -> None:
    alerts, arrays = (
        shared_peer.collect_alerts(),
        shared_peer.collect(Detection2DArray, 'detections'),
    )
    show = Show(shared_peer, EMPTY)
    broken = shared_peer.image_publisher()
    process = shared_peer.start('detector_node')

    def show_broken() -> None:
        message = shared_peer.image(EMPTY)
        for name, value in damage.items():
            setattr(message, name, value)
        broken.publish(message)

    shared_peer.until(
        lambda: newest(alerts, ProximityAlert.UNKNOWN, reason=ProximityAlert.REASON_FAULT),
        each=show_broken,
    )
    assert sentence in alerts[-1].text
    assert arrays == [], 'an unread image is not an image without faces'
    shared_peer.until(lambda: len(alerts) > 5, each=show_broken)
    shared_peer.until(lambda: newest(alerts, ProximityAlert.CLEAR), each=show)
    assert process.text.count(sentence) == 1, 'said once, however many images have it'
    assert 'Traceback' not in process.text


def test_a_broken_model_is_a_fault_and_the_node_lives(peer: ros.Peer, tmp_path: Path) -> None:
    for path in models_directory().glob('mask_classifier.*'):
        shutil.copy(path, tmp_path)
    model = tmp_path / 'mask_classifier.onnx'
    model.write_bytes(model.read_bytes()[:-100])
    alerts = peer.collect_alerts()
    show = Show(peer, EMPTY)
    process = peer.start(
        'detector_node',
        mask_backend='opencv',
        mask_model=str(tmp_path / 'mask_classifier.json'),
    )
    fault = peer.until(
        lambda: newest(alerts, ProximityAlert.UNKNOWN, reason=ProximityAlert.REASON_FAULT),
        each=show,
    )
    description = json.loads((tmp_path / 'mask_classifier.json').read_text())
    for part in (
        str(model),
        hashlib.sha256(model.read_bytes()).hexdigest(),
        description['files']['onnx']['sha256'],
    ):
        assert part in fault.text
        assert part in process.text
    assert process.end() == 0
    assert 'Traceback' not in process.text


def test_a_late_subscriber_gets_the_last_word(peer: ros.Peer) -> None:
    early = peer.collect_alerts()
    peer.start('detector_node', heartbeat_period=10.0, valid_for=15.0)
    peer.until(lambda: early and early[-1].reason in (0, 2))
    late = peer.collect_alerts()
    # Well before the next heartbeat.
    peer.until(lambda: late, seconds=8.0)
    assert late[0].level == ProximityAlert.UNKNOWN


def test_a_dead_detector_is_unknown_to_who_asks_the_monitor(peer: ros.Peer) -> None:
    alerts = peer.collect_alerts()
    monitor = AlertMonitor()
    show = Show(peer, EMPTY)
    process = peer.start('detector_node')

    def level() -> Level:
        if alerts:
            last = alerts[-1]
            monitor.update(
                last.level,
                stamp_of(last),
                conversions.nanoseconds(last.latency),
                conversions.nanoseconds(last.valid_for),
            )
        return monitor.level(peer.now())

    peer.until(lambda: level() is Level.CLEAR, each=show)
    process.end(signal.SIGKILL)
    last = alerts[-1]
    assert last.level == ProximityAlert.CLEAR
    peer.until(lambda: level() is Level.UNKNOWN, each=show)
    assert alerts[-1] == last, 'nothing but time has passed'


def test_distance_from_camera_info(shared_peer: ros.SharedPeer, near_portrait: Image) -> None:
    alerts = shared_peer.collect_alerts()
    show = Show(shared_peer, near_portrait)
    publisher = shared_peer.node.create_publisher(CameraInfo, 'camera_info', 1)
    info = CameraInfo(width=640, height=480, d=[0.0] * 5)
    info.k[0] = info.k[4] = 600.0
    shared_peer.start('detector_node')

    def show_both() -> None:
        publisher.publish(info)
        show()

    alert = shared_peer.until(
        lambda: next((a for a in alerts if a.faces and a.faces[0].distance > 0), None),
        each=show_both,
    )
    (face,) = alert.faces
    assert face.distance == pytest.approx(600.0 * 0.136 / face.bbox.size_x, rel=1e-4)
    assert face.distance_source == FaceProximity.DISTANCE_SOURCE_FACE_WIDTH_CALIBRATED


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_in_the_middle_of_its_work(
    peer: ros.Peer, near_portrait: Image, number: int
) -> None:
    alerts = peer.collect_alerts()
    show = Show(peer, near_portrait)
    process = peer.start('detector_node')
    peer.until(lambda: newest(alerts, ProximityAlert.ALERT), each=show)
    assert process.end(number) == 0
    assert 'Traceback' not in process.text


@pytest.mark.parametrize(
    ('parameters', 'sentence'),
    [
        ({'mask_threshold': 7.0}, 'error: mask_threshold must be within 0.5 to 1, but it is 7.0'),
        ({'threads': 'many'}, "error: threads must be of type int, but 'many' was given"),
        ({'valid_for': 0.1}, 'error: valid_for (0.1 s) must be longer than heartbeat_period'),
    ],
)
def test_a_bad_parameter_at_the_start_ends_with_a_sentence(
    peer: ros.Peer, parameters: dict[str, Any], sentence: str
) -> None:
    process = peer.start('detector_node', **parameters)
    assert process.process.wait(ros.PATIENCE) == 2
    assert sentence in process.text
    assert 'Traceback' not in process.text


def test_an_unknown_parameter_is_named_and_the_node_runs(peer: ros.Peer) -> None:
    alerts = peer.collect_alerts()
    process = peer.start('detector_node', mask_treshold=0.8, alert_width_ratio=1)
    peer.until(lambda: alerts)
    peer.until(lambda: 'did you mean mask_threshold?' in process.text)
    # A whole number is a fine float, at the start and later.
    assert peer.get('detector_node', 'alert_width_ratio') == [1.0]
    assert peer.set('detector_node', alert_width_ratio=1)[0].successful
    (described,) = peer.describe('detector_node', 'alert_width_ratio')
    assert described.type == ParameterType.PARAMETER_DOUBLE


@pytest.mark.litert
@pytest.mark.tensorflow
def test_every_backend_says_the_same(peer: ros.Peer, near_portrait: Image) -> None:
    alerts = peer.collect_alerts()
    show = Show(peer, near_portrait)
    said = []
    shown = {'litert': 'LiteRT', 'opencv': 'OpenCV', 'tensorflow': 'TensorFlow'}
    for backend in shown:
        alerts.clear()
        process = peer.start('detector_node', mask_backend=backend)
        peer.until(lambda: newest(alerts, ProximityAlert.ALERT), each=show)
        said.append(alerts[-1].faces[0].mask_probability)
        assert f' on {shown[backend]}, ' in process.text
        process.end()
    # The default of LiteRT computes in 8 bits.
    assert max(said) - min(said) < 1e-2
