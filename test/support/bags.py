# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Recordings of ROS 2 for tests, written by rosbags, which knows nothing of our own writer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from mask_proximity.core.types import NANOSECONDS, Image

STORE = get_typestore(Stores.ROS2_JAZZY)
START = 1_700_000_000 * NANOSECONDS
"""Stamp of the first image, unless the test says otherwise."""
DELAY = 3_000_000
"""From the stamp of a message to the time at which it was recorded, nanoseconds."""

_T: Any = STORE.types


@dataclass
class Recorded:
    """A message of a recording: topic, type, when it was received, content."""

    topic: str
    kind: str
    time: int
    content: Any


def header(stamp: int) -> Any:
    time = _T['builtin_interfaces/msg/Time'](stamp // NANOSECONDS, stamp % NANOSECONDS)
    return _T['std_msgs/msg/Header'](time, 'camera')


def raw(picture: Image, stamp: int, topic: str = '/image_raw', encoding: str = 'bgr8') -> Recorded:
    """An image as a driver publishes it; the picture has the channels of the encoding."""
    kind = 'sensor_msgs/msg/Image'
    height, width = picture.shape[:2]
    flat = np.ascontiguousarray(picture).reshape(-1).view(np.uint8)
    content = _T[kind](header(stamp), height, width, encoding, 0, len(flat) // height, flat)
    return Recorded(topic, kind, stamp + DELAY, content)


def compressed(picture: Image, stamp: int, topic: str = '/image_raw/compressed') -> Recorded:
    """An image as image_transport compresses it; PNG, so that nothing is lost."""
    kind = 'sensor_msgs/msg/CompressedImage'
    data = np.frombuffer(cv2.imencode('.png', picture)[1].tobytes(), np.uint8)
    content = _T[kind](header(stamp), 'bgr8; png compressed bgr8', data)
    return Recorded(topic, kind, stamp + DELAY, content)


def camera_info(
    stamp: int,
    size: tuple[int, int],
    focal: float,
    topic: str = '/camera_info',
    region: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> Recorded:
    """A calibrated camera; the region is x, y, width and height."""
    kind = 'sensor_msgs/msg/CameraInfo'
    width, height = size
    k = np.array([focal, 0, width / 2, 0, focal, height / 2, 0, 0, 1], float)
    x, y, wide, high = region
    roi = _T['sensor_msgs/msg/RegionOfInterest'](x, y, high, wide, False)
    content = _T[kind](
        header(stamp),
        height,
        width,
        'plumb_bob',
        np.zeros(5),
        k,
        np.eye(3).ravel(),
        np.zeros(12),
        0,
        0,
        roi,
    )
    return Recorded(topic, kind, stamp + DELAY, content)


def text(stamp: int, topic: str = '/chatter') -> Recorded:
    kind = 'std_msgs/msg/String'
    return Recorded(topic, kind, stamp + DELAY, _T[kind]('hello'))


def write_bag(
    folder: Path,
    messages: Iterable[Recorded],
    storage: str = 'mcap',
    compression: str = 'none',
    version: Any = 9,
) -> Path:
    """Write a recording, as `ros2 bag record` leaves one behind.

    Returns:
        The file in the folder that holds the messages.
    """
    writer = Writer(folder, version=version, storage_plugin=StoragePlugin[storage.upper()])
    writer.set_compression(CompressionMode[compression.upper()], CompressionFormat.ZSTD)
    with writer:
        connections: dict[str, Any] = {}
        for each in messages:
            if each.topic not in connections:
                connections[each.topic] = writer.add_connection(
                    each.topic, each.kind, typestore=STORE
                )
            data = STORE.serialize_cdr(each.content, each.kind)
            writer.write(connections[each.topic], each.time, data)
    (file,) = (path for path in folder.iterdir() if path.name != 'metadata.yaml')
    return file


def pictures(count: int, size: tuple[int, int] = (64, 48)) -> list[Image]:
    """Pictures that differ; the number of each stands in its first pixel."""
    random = np.random.default_rng(5)
    made = []
    for number in range(count):
        picture = random.integers(0, 256, (size[1], size[0], 3), np.uint8)
        picture[0, 0] = number % 256
        made.append(picture)
    return made


def stamps(count: int, rate: float = 10.0) -> Sequence[int]:
    return [START + round(number * NANOSECONDS / rate) for number in range(count)]


def images(count: int, **options: Any) -> list[Recorded]:
    """A short recording of raw images."""
    return [
        raw(picture, stamp, **options)
        for picture, stamp in zip(pictures(count), stamps(count), strict=True)
    ]
