# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Names of topics that follow from others."""

from __future__ import annotations

from rclpy.node import Node

IMAGES = 'image_raw'
CAMERA_INFO = 'camera_info'
DEPTH = 'depth'


def camera_info_topic(node: Node) -> str:
    """The topic of the calibration: beside the images, unless the user remaps it.

    That is where camera drivers publish it, and where image_transport looks for it.

    Args:
        node: Node whose `image_raw` or `camera_info` may be remapped.
    """
    remapped: str = node.resolve_topic_name(CAMERA_INFO)
    if remapped != node.resolve_topic_name(CAMERA_INFO, only_expand=True):
        return remapped
    images: str = node.resolve_topic_name(IMAGES)
    return f'{images.rpartition("/")[0]}/{CAMERA_INFO}'


def image_topic(node: Node, transport: str) -> str:
    """The topic of the images, resolved.

    Compressed images lie below the raw ones, as in image_transport, unless the user remaps
    `image_raw/compressed` itself.

    Args:
        node: Node whose `image_raw` or `image_raw/compressed` may be remapped.
        transport: Transport of the images, 'raw' or 'compressed'.
    """
    raw: str = node.resolve_topic_name(IMAGES)
    if transport == 'raw':
        return raw
    below = f'{IMAGES}/{transport}'
    remapped: str = node.resolve_topic_name(below)
    if remapped != node.resolve_topic_name(below, only_expand=True):
        return remapped
    return f'{raw}/{transport}'
