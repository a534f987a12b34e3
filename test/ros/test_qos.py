# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service: what does not fit is said in plain words, and can be retuned from YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from rclpy.duration import Duration
from rclpy.qos import (
    QoSDurabilityPolicy,
    QoSLivelinessPolicy,
    QoSProfile,
    QoSReliabilityPolicy,
)
from sensor_msgs.msg import Image as ImageMessage
from vision_msgs.msg import Detection2DArray

from mask_proximity.msg import ProximityAlert
from support import ros
from support.room import empty_room

EMPTY = empty_room(160, 120)
BEST_EFFORT = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def overrides(folder: Path, topic: str, side: str, **policies: object) -> Path:
    """A parameter file that retunes a topic."""
    values = {f'qos_overrides.{topic}.{side}.{name}': value for name, value in policies.items()}
    path = folder / 'overrides.yaml'
    path.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
    return path


def test_every_driver_fits_by_default(peer: ros.Peer) -> None:
    alerts = peer.collect_alerts()
    process = peer.start('detector_node')
    for profile in (BEST_EFFORT, QoSProfile(depth=10), LATCHED):
        publisher = peer.node.create_publisher(ImageMessage, 'image_raw', profile)
        heard = len(alerts)
        peer.until(
            lambda heard=heard: any(a.level == ProximityAlert.CLEAR for a in alerts[heard:]),
            each=lambda publisher=publisher: publisher.publish(peer.image(EMPTY)),
        )
        peer.node.destroy_publisher(publisher)
    assert 'does not offer' not in process.text


def test_a_camera_that_offers_less_than_is_asked_for_is_named(
    peer: ros.Peer, tmp_path: Path
) -> None:
    topic = f'{peer.namespace}/image_raw'
    file = overrides(tmp_path, topic, 'subscription', reliability='reliable')
    process = peer.start('detector_node', params_file=file)
    peer.node.create_publisher(ImageMessage, 'image_raw', BEST_EFFORT)
    sentence = (
        f'{peer.namespace}/peer publishes {topic} with a quality of service that does not fit ours '
        f'(reliability), so nothing arrives: set qos_overrides.{topic}.subscription.reliability to '
        'best_effort'
    )
    peer.until(lambda: sentence in process.text)
    assert peer.get('detector_node', f'qos_overrides.{topic}.subscription.reliability') == [
        'reliable'
    ]


def test_a_listener_that_asks_for_more_than_is_offered_is_named(peer: ros.Peer) -> None:
    process = peer.start('detector_node')
    peer.collect(Detection2DArray, 'detections', LATCHED)
    topic = f'{peer.namespace}/detections'
    peer.until(
        lambda: f'A subscriber of {topic} asks for a durability that is not offered' in process.text
    )


def test_an_override_makes_it_fit(peer: ros.Peer, tmp_path: Path) -> None:
    topic = f'{peer.namespace}/detections'
    file = overrides(tmp_path, topic, 'publisher', durability='transient_local', depth=1)
    alerts = peer.collect_alerts()
    images = peer.image_publisher()
    peer.start('detector_node', params_file=file)
    peer.until(
        lambda: alerts and alerts[-1].level == ProximityAlert.CLEAR,
        each=lambda: images.publish(peer.image(EMPTY)),
    )
    late = peer.collect(Detection2DArray, 'detections', LATCHED)
    peer.until(lambda: late)


@pytest.mark.parametrize(
    ('node', 'topic'), [('camera_node', 'image_raw'), ('overlay_node', 'image_overlay')]
)
def test_every_node_names_a_listener_that_asks_for_more(
    node: str, topic: str, peer: ros.Peer
) -> None:
    process = peer.start(node, **({'source': 'simulated'} if node == 'camera_node' else {}))
    peer.collect(ImageMessage, topic, LATCHED)
    sentence = f'A subscriber of {peer.namespace}/{topic} asks for a durability'
    peer.until(lambda: sentence in process.text)


def test_the_alert_promises_to_come_in_time(peer: ros.Peer) -> None:
    alerts = peer.collect_alerts()
    process = peer.start('detector_node', valid_for=3.0)
    peer.until(lambda: alerts)
    (info,) = peer.node.get_publishers_info_by_topic(f'{peer.namespace}/alert')
    offered = info.qos_profile
    assert offered.liveliness is QoSLivelinessPolicy.MANUAL_BY_TOPIC
    assert offered.deadline == offered.liveliness_lease_duration == Duration(seconds=3.0)
    assert peer.set_together('detector_node', valid_for=9.0, heartbeat_period=3.0).successful
    sentence = 'heartbeat_period (3 s) is not shorter than the deadline and the lease'
    peer.until(lambda: sentence in process.text)


def test_the_promise_can_be_overridden(peer: ros.Peer, tmp_path: Path) -> None:
    file = overrides(
        tmp_path,
        f'{peer.namespace}/alert',
        'publisher',
        liveliness='automatic',
        deadline=700_000_000,
        liveliness_lease_duration=800_000_000,
    )
    alerts = peer.collect_alerts()
    process = peer.start('detector_node', params_file=file)
    peer.until(lambda: alerts)
    (info,) = peer.node.get_publishers_info_by_topic(f'{peer.namespace}/alert')
    assert info.qos_profile.liveliness is QoSLivelinessPolicy.AUTOMATIC
    assert info.qos_profile.deadline == Duration(seconds=0.7)
    assert info.qos_profile.liveliness_lease_duration == Duration(seconds=0.8)
    assert 'is not shorter than' not in process.text
