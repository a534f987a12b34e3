# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A camera of every encoding, an independent publisher, seen through overlay_node over DDS."""

from __future__ import annotations

import array
from typing import Any

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_proximity.core.images.raw import ENCODINGS
from mask_proximity.core.types import Alert, Image, Level, Reason
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, image_conversions, qos
from mask_proximity.ros.image_subscription import ImageSubscription
from support import ros
from support.wire import on_the_wire

ALERT = Alert(Level.CLEAR, Reason.NO_FACE, 'Nobody is there.', 0)
HEIGHT, WIDTH = 120, 160
# Above what the overlay writes.
SEEN = slice(0, 90)


def make_picture(seed: int) -> Image:
    """Three broad fields of random colours, which even a Bayer pattern and JPEG hardly blur."""
    rng = np.random.default_rng(seed)
    fields = rng.integers(0, 256, (1, 3, 3), np.uint8)
    return cv2.resize(fields, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)


def as_seen(picture: Image, encoding: str) -> Image:
    gray = encoding in ('mono8', 'mono16', '8UC1')
    return picture[..., :1].repeat(3, axis=2) if gray else picture


def raw_message(picture: Image, encoding: str, header: Header) -> ImageMessage:
    big = encoding in ('mono16', 'rgb16')
    data, step = on_the_wire(picture, encoding, padding=6, big_endian=big)
    return ImageMessage(
        header=header,
        width=WIDTH,
        height=HEIGHT,
        encoding=encoding,
        step=step,
        is_bigendian=int(big),
        data=array.array('B', data),
    )


def compressed_message(picture: Image, suffix: str, header: Header) -> CompressedImage:
    data = cv2.imencode(suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    kind = {'.jpg': 'bgr8; jpeg compressed bgr8', '.png': 'png'}[suffix]
    return CompressedImage(header=header, format=kind, data=array.array('B', data))


class Camera:
    """Publishes pictures, each with its alert, and looks for them in the overlay."""

    def __init__(self, peer: ros.Peer) -> None:
        self.peer = peer
        self.raw = peer.node.create_publisher(ImageMessage, 'image_raw', qos.STREAM)
        self.compressed = peer.node.create_publisher(
            CompressedImage, 'image_raw/compressed', qos.STREAM
        )
        self.alerts = peer.node.create_publisher(ProximityAlert, 'alert', qos.ALERT)
        self.drawn = peer.collect(ImageMessage, 'image_overlay')
        self.stamp = peer.now()

    def header(self) -> Header:
        self.stamp += 1_000_000
        header = Header(stamp=conversions.time_message(self.stamp), frame_id='front')
        self.alerts.publish(conversions.alert_message(ALERT, header, 0, 1.5, 0))
        return header

    def arrives(self, picture: Image, send: Any) -> None:
        def here() -> bool:
            return any(
                np.abs(
                    image_conversions.image_from_message(message)[SEEN].astype(int)
                    - picture[SEEN].astype(int)
                ).mean()
                < 4.0
                for message in self.drawn
            )

        self.peer.until(here, each=send)
        self.drawn.clear()


def test_every_encoding_arrives(peer: ros.Peer) -> None:
    camera = Camera(peer)
    process = peer.start('overlay_node')
    for seed, encoding in enumerate(ENCODINGS):
        picture = make_picture(seed)
        camera.arrives(
            as_seen(picture, encoding),
            lambda picture=picture, encoding=encoding: camera.raw.publish(
                raw_message(picture, encoding, camera.header())
            ),
        )
    assert process.end() == 0
    assert '[ERROR]' not in process.text and 'Traceback' not in process.text


def test_the_transport_changes_while_it_runs(peer: ros.Peer) -> None:
    camera = Camera(peer)
    process = peer.start('overlay_node', image_transport='compressed')
    for seed, suffix in enumerate(('.jpg', '.png')):
        picture = make_picture(seed)
        camera.arrives(
            picture,
            lambda picture=picture, suffix=suffix: camera.compressed.publish(
                compressed_message(picture, suffix, camera.header())
            ),
        )
    assert camera.raw.get_subscription_count() == 0
    picture = make_picture(7)
    assert peer.set('overlay_node', image_transport='raw')[0].successful
    camera.arrives(
        picture, lambda: camera.raw.publish(raw_message(picture, 'rgb8', camera.header()))
    )
    peer.until(lambda: camera.compressed.get_subscription_count() == 0)
    assert not peer.set('overlay_node', image_transport='theora')[0].successful
    assert peer.set('overlay_node', image_transport='compressed')[0].successful
    picture = make_picture(8)
    camera.arrives(
        picture,
        lambda: camera.compressed.publish(compressed_message(picture, '.png', camera.header())),
    )
    assert process.end() == 0
    assert '[ERROR]' not in process.text and 'Traceback' not in process.text


@pytest.mark.parametrize(
    ('break_it', 'sentence'),
    [
        (lambda message: message.data[: len(message.data) // 2], 'are cut off or damaged'),
        (lambda message: message.data[:0], 'are neither JPEG nor PNG'),
    ],
)
def test_a_broken_file_is_reported_once(peer: ros.Peer, break_it: Any, sentence: str) -> None:
    camera = Camera(peer)
    process = peer.start('overlay_node', image_transport='compressed')

    def broken() -> None:
        # Of one picture, so that each message is the same.
        message = compressed_message(make_picture(1), '.jpg', camera.header())
        message.data = break_it(message)
        camera.compressed.publish(message)

    peer.until(lambda: sentence in process.text, each=broken)
    for _ in range(5):
        broken()
        peer.spin_for(0.1)
    assert process.text.count(sentence) == 1
    assert 'Traceback' not in process.text


def test_a_depth_image_is_reported_with_a_hint(peer: ros.Peer) -> None:
    camera = Camera(peer)
    process = peer.start('overlay_node')

    def depth() -> None:
        message = raw_message(make_picture(1), 'mono16', camera.header())
        message.encoding = '16UC1'
        camera.raw.publish(message)

    peer.until(lambda: "'16UC1', which is depth" in process.text, each=depth)
    assert 'color/image_raw' in process.text


@pytest.mark.parametrize(
    ('remappings', 'transport', 'topic'),
    [
        ([], 'raw', 'image_raw'),
        ([], 'compressed', 'image_raw/compressed'),
        (['image_raw:=front/rgb'], 'raw', 'front/rgb'),
        (['image_raw:=front/rgb'], 'compressed', 'front/rgb/compressed'),
        (['image_raw/compressed:=jpegs'], 'compressed', 'jpegs'),
        (['image_raw:=front/rgb', 'image_raw/compressed:=jpegs'], 'compressed', 'jpegs'),
    ],
)
def test_the_topic_follows_the_remappings(
    peer: ros.Peer, remappings: list[str], transport: str, topic: str
) -> None:
    peer.collect(ImageMessage, 'image_overlay')
    peer.start('overlay_node', remappings, image_transport=transport)
    kind = {'raw': 'sensor_msgs/msg/Image', 'compressed': 'sensor_msgs/msg/CompressedImage'}
    name = f'{peer.namespace}/{topic}'
    (endpoint,) = peer.until(lambda: peer.node.get_subscriptions_info_by_topic(name))
    assert endpoint.topic_type == kind[transport]


def test_it_says_its_topic_and_ends_when_closed(peer: ros.Peer) -> None:
    arrived: list[Any] = []
    subscription = ImageSubscription(peer.node, 'compressed', arrived.append)
    assert subscription.topic == f'{peer.namespace}/image_raw/compressed'
    camera = Camera(peer)
    picture = make_picture(3)
    message = compressed_message(picture, '.png', camera.header())
    peer.until(lambda: arrived, each=lambda: camera.compressed.publish(message))
    np.testing.assert_array_equal(image_conversions.image_from_message(arrived[0]), picture)
    subscription.close()
    peer.until(lambda: camera.compressed.get_subscription_count() == 0)
