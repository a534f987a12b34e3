# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""overlay_node: works only while watched, and pairs by the exact stamp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image as ImageMessage

from mask_proximity.core.rendering.style import LEVEL_COLORS
from mask_proximity.core.types import (
    Alert,
    Box,
    Face,
    Level,
    MaskState,
    Reason,
)
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, image_conversions, qos
from support import ros

PICTURE = np.full((480, 640, 3), 70, np.uint8)
# Something in the face that a blur takes away.
PICTURE[210:250:2, 220:280] = 200
FACE = Face(Box(200, 150, 300, 280), 0.9, 0.01, MaskState.NO_MASK, 0.15, Level.ALERT, distance=1.2)
ALERT = Alert(Level.ALERT, Reason.NO_MASK_NEAR, 'Maintain Distance', 0, (FACE,))


class Stage:
    """Publishes images and alerts with stamps of the test's choice."""

    def __init__(self, peer: ros.Peer) -> None:
        self.peer = peer
        self.images = peer.image_publisher()
        self.alerts = peer.node.create_publisher(ProximityAlert, 'alert', qos.ALERT)
        self.stamp = peer.now()

    def image(self, stamp: int) -> None:
        self.images.publish(self.peer.image(PICTURE, stamp, 'front'))

    def alert(self, stamp: int) -> None:
        header = self.peer.image(PICTURE, stamp).header
        self.alerts.publish(conversions.alert_message(ALERT, header, 0, 1.5, 0))

    def both(self) -> None:
        self.stamp += 1_000_000
        self.image(self.stamp)
        self.alert(self.stamp)


def watch(peer: ros.Peer) -> list[Any]:
    return peer.collect(
        ImageMessage, 'image_overlay', QoSProfile(depth=50, reliability=qos.STREAM.reliability)
    )


def test_it_takes_images_only_while_somebody_watches(peer: ros.Peer) -> None:
    stage = Stage(peer)
    peer.start('overlay_node')
    peer.until(lambda: peer.node.count_publishers('image_overlay') > 0)
    # It has all its subscriptions before it answers.
    peer.get('overlay_node', 'style')
    assert stage.images.get_subscription_count() == 0
    drawn: list[Any] = []
    watcher = peer.node.create_subscription(
        ImageMessage, 'image_overlay', drawn.append, qos.NEWEST_IMAGE
    )
    peer.until(lambda: drawn, each=stage.both)
    peer.node.destroy_subscription(watcher)
    peer.until(lambda: stage.images.get_subscription_count() == 0)


def test_it_draws_the_alert_on_its_own_image(peer: ros.Peer) -> None:
    drawn = watch(peer)
    stage = Stage(peer)
    process = peer.start('overlay_node')
    message = peer.until(lambda: drawn[-1] if drawn else None, each=stage.both)
    assert message.header.frame_id == 'front'
    assert conversions.nanoseconds(message.header.stamp) <= stage.stamp
    picture = image_conversions.image_from_message(message)
    assert picture.shape == PICTURE.shape
    red = LEVEL_COLORS[Level.ALERT]
    assert (picture[100:128, 200:330] == red).all(axis=-1).any(), 'Maintain Distance above the box'
    assert tuple(picture[200, 250]) == (70, 70, 70)
    assert process.end() == 0
    assert 'Traceback' not in process.text


@pytest.mark.parametrize('image_first', [True, False])
def test_only_the_same_stamp_is_a_pair(peer: ros.Peer, image_first: bool) -> None:
    drawn = watch(peer)
    stage = Stage(peer)
    peer.start('overlay_node')
    peer.until(lambda: drawn, each=stage.both)
    stage.both()
    last = stage.stamp
    peer.until(lambda: conversions.nanoseconds(drawn[-1].header.stamp) == last)
    drawn.clear()
    wanted = stage.stamp + 5_000_000_000
    first, second = (stage.image, stage.alert) if image_first else (stage.alert, stage.image)
    first(wanted)
    second(wanted + 1)
    second(wanted)
    # Another pair would have come before this one.
    (message,) = peer.until(lambda: drawn)
    assert conversions.nanoseconds(message.header.stamp) == wanted


@pytest.mark.parametrize(
    ('change', 'place', 'looks'),
    [
        ({'draw_distance': False}, np.s_[283:300, 205:250], lambda part: (part == 70).all()),
        ({'blur_faces': True}, np.s_[210:250, 220:280], lambda part: np.ptp(part) < 60),
        # No banner.
        ({'style': 'tutorial'}, np.s_[455:475, 20:60], lambda part: (part == 70).all()),
        ({'working_width': 320}, np.s_[:], lambda part: part.shape == (480, 320, 3)),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else '',
)
def test_a_parameter_acts_while_it_runs(
    peer: ros.Peer, change: dict[str, Any], place: Any, looks: Callable[[np.ndarray], bool]
) -> None:
    drawn = watch(peer)
    stage = Stage(peer)
    peer.start('overlay_node')

    def shown() -> bool | None:
        return (
            bool(looks(image_conversions.image_from_message(drawn[-1])[place])) if drawn else None
        )

    peer.until(lambda: shown() is False, each=stage.both)
    assert peer.set('overlay_node', **change)[0].successful
    peer.until(lambda: shown() is True, each=stage.both)


def test_a_broken_image_is_reported_and_passed_over(peer: ros.Peer) -> None:
    drawn = watch(peer)
    stage = Stage(peer)
    process = peer.start('overlay_node')
    peer.until(lambda: drawn, each=stage.both)

    def broken() -> None:
        stage.stamp += 1_000_000
        message = peer.image(PICTURE, stage.stamp)
        message.encoding = 'yuv999'
        stage.images.publish(message)
        stage.alert(stage.stamp)

    peer.until(lambda: 'yuv999' in process.text, each=broken)
    drawn.clear()
    peer.until(lambda: drawn, each=stage.both)
    assert 'Traceback' not in process.text
