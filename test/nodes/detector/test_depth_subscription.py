# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Distances from a depth image: over real DDS, while it is wanted and of the same moment."""

from __future__ import annotations

import array

import numpy as np
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_proximity.core.types import NANOSECONDS, Image
from mask_proximity.msg import FaceProximity, ProximityAlert
from mask_proximity.ros import conversions, qos
from support import ros


def depth_message(metres: float, stamp: int) -> ImageMessage:
    """A wall at this distance, in half the resolution, with padded rows."""
    rows = np.full((240, 330), round(1000 * metres), '<u2')
    return ImageMessage(
        header=Header(stamp=conversions.time_message(stamp)),
        width=320,
        height=240,
        encoding='16UC1',
        step=660,
        data=array.array('B', rows.tobytes()),
    )


def test_depth_wins_while_it_is_wanted_and_of_the_same_moment(
    peer: ros.Peer, near_portrait: Image
) -> None:
    alerts = peer.collect_alerts()
    images = peer.image_publisher()
    depths = peer.node.create_publisher(ImageMessage, 'depth', qos.STREAM)
    late = 0

    def show() -> None:
        stamp = peer.now()
        depths.publish(depth_message(1.25, stamp - late))
        images.publish(peer.image(near_portrait, stamp))

    def source_is(source: int) -> ProximityAlert | None:
        last = alerts[-1] if alerts else None
        return last if last and last.faces and last.faces[0].distance_source == source else None

    # The same picture again and again is none of a stuck camera here.
    detector = peer.start('detector_node', use_depth=True, horizontal_fov=1.0, frozen_after=0.0)
    alert = peer.until(lambda: source_is(FaceProximity.DISTANCE_SOURCE_DEPTH), each=show)
    assert abs(alert.faces[0].distance - 1.25) < 0.01
    assert 0.0 < alert.faces[0].distance_stddev < 0.05

    late = NANOSECONDS
    peer.until(lambda: source_is(FaceProximity.DISTANCE_SOURCE_FACE_WIDTH_FOV), each=show)
    late = 0
    peer.until(lambda: source_is(FaceProximity.DISTANCE_SOURCE_DEPTH), each=show)

    assert peer.set('detector_node', use_depth=False)[0].successful
    peer.until(lambda: source_is(FaceProximity.DISTANCE_SOURCE_FACE_WIDTH_FOV), each=show)
    topic = f'{peer.namespace}/depth'
    peer.until(lambda: not peer.node.get_subscriptions_info_by_topic(topic))

    assert peer.set('detector_node', use_depth=True)[0].successful
    wrong = depth_message(1.25, 0)
    wrong.encoding = 'mono16'

    def show_wrong() -> None:
        image = peer.image(near_portrait)
        wrong.header.stamp = image.header.stamp
        depths.publish(wrong)
        images.publish(image)

    peer.until(lambda: 'expected one of: 16UC1, 32FC1' in detector.text, each=show_wrong)
