# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Several robots side by side: by namespace, domain and remapping, without crosstalk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sensor_msgs.msg import Image as ImageMessage

from mask_proximity.core.types import Image
from mask_proximity.msg import ProximityAlert
from support import ros
from support.room import empty_room

EMPTY = empty_room(640, 480)


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[ros.Peer]:
    """See ros.Peer."""
    with ros.peer(tmp_path) as alone:
        yield alone


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[ros.Peer, ros.Peer]]:
    """Two peers in two namespaces of one domain."""
    folders = [tmp_path / 'front', tmp_path / 'rear']
    for folder in folders:
        folder.mkdir()
    with ros.peer(folders[0]) as front, ros.peer(folders[1]) as rear:
        yield front, rear


def collect_overlays(peer: ros.Peer) -> list[Any]:
    return peer.collect(ImageMessage, 'image_overlay')


def test_two_namespaces_do_not_hear_each_other(
    two: tuple[ros.Peer, ros.Peer], near_portrait: Image
) -> None:
    front, rear = two
    pictures = {front: near_portrait, rear: EMPTY}
    publishers = {peer: peer.image_publisher() for peer in two}
    alerts = {peer: peer.collect_alerts() for peer in two}
    overlays = {peer: collect_overlays(peer) for peer in two}
    for peer in two:
        peer.start('detector_node')
        peer.start('overlay_node')

    def show() -> None:
        for peer in two:
            publishers[peer].publish(peer.image(pictures[peer], frame_id=peer.namespace))
        rear.spin_for(0.01)

    def seen(peer: ros.Peer, level: int) -> bool:
        return sum(alert.level == level for alert in alerts[peer]) >= 10

    front.until(
        lambda: (
            seen(front, ProximityAlert.ALERT)
            and seen(rear, ProximityAlert.CLEAR)
            and len(overlays[front]) >= 5
            and len(overlays[rear]) >= 5
        ),
        each=show,
    )
    assert {alert.level for alert in alerts[rear]} <= {ProximityAlert.UNKNOWN, ProximityAlert.CLEAR}
    assert not any(alert.faces for alert in alerts[rear])
    for peer in two:
        of_images = [alert for alert in alerts[peer] if alert.header.frame_id]
        assert {message.header.frame_id for message in of_images} == {peer.namespace}
        assert {message.header.frame_id for message in overlays[peer]} == {peer.namespace}


# No other test is in this one.
OTHER_DOMAIN = 94


def test_two_domains_do_not_hear_each_other_though_all_names_are_the_same(
    peer: ros.Peer, tmp_path: Path, near_portrait: Image
) -> None:
    folder = tmp_path / 'other'
    folder.mkdir()
    other = ros.Peer(OTHER_DOMAIN, peer.namespace, folder)
    with closing(other):
        alerts = {each: each.collect_alerts() for each in (peer, other)}
        peer.start('detector_node')
        other.start('detector_node')
        images = peer.image_publisher()

        def show() -> None:
            images.publish(peer.image(near_portrait))
            other.spin_for(0.01)

        peer.until(
            lambda: sum(alert.level == ProximityAlert.ALERT for alert in alerts[peer]) >= 5,
            each=show,
        )
        # The other one has been heard too, and by its own peer alone.
        other.until(lambda: len(alerts[other]) >= 3, each=show)
        assert {alert.reason for alert in alerts[other]} <= {
            ProximityAlert.REASON_NO_IMAGE,
            ProximityAlert.REASON_INACTIVE,
        }
        assert peer.node.count_publishers(f'{peer.namespace}/alert') == 1
        assert other.node.count_publishers(f'{peer.namespace}/alert') == 1


def test_a_parameter_of_one_is_not_that_of_the_other(two: tuple[ros.Peer, ros.Peer]) -> None:
    front, rear = two
    for peer in two:
        peer.start('detector_node')
    assert front.set('detector_node', alert_width_ratio=0.4)[0].successful
    assert front.get('detector_node', 'alert_width_ratio') == [0.4]
    assert rear.get('detector_node', 'alert_width_ratio') == [0.1]


def test_two_detectors_with_rules_of_their_own_look_at_one_camera(
    two: tuple[ros.Peer, ros.Peer], near_portrait: Image
) -> None:
    front, rear = two
    publisher = front.image_publisher()
    images = [f'image_raw:={front.namespace}/image_raw']
    near, far = front.collect_alerts(), rear.collect_alerts()
    # To the last bit the same picture, so that both find the same box.
    front.start('detector_node', frozen_after=0.0)
    rules = {'alert_width_ratio': 0.9, 'caution_width_ratio': 0.8, 'frozen_after': 0.0}
    rear.start('detector_node', images, **rules)

    def show() -> None:
        publisher.publish(front.image(near_portrait, live=False))
        rear.spin_for(0.01)

    front.until(
        lambda: (
            near
            and far
            and near[-1].level == ProximityAlert.ALERT
            and far[-1].level == ProximityAlert.CLEAR
        ),
        each=show,
    )
    assert far[-1].faces[0].bbox == near[-1].faces[0].bbox
    assert ProximityAlert.ALERT not in {alert.level for alert in far}
