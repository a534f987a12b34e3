# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Names of topics that follow from others, as the graph sees them."""

from __future__ import annotations

import pytest

from support import ros


@pytest.mark.parametrize('node', ['camera_node', 'detector_node'])
@pytest.mark.parametrize(
    ('remappings', 'topic'),
    [
        ([], 'camera_info'),
        (['image_raw:=front/image_rect'], 'front/camera_info'),
        (['image_raw:=front/image_rect', 'camera_info:=calibration'], 'calibration'),
    ],
)
def test_camera_info_lies_beside_the_images_unless_remapped(
    peer: ros.Peer, node: str, remappings: list[str], topic: str
) -> None:
    parameters = {'source': 'simulated'} if node == 'camera_node' else {}
    peer.start(node, remappings, **parameters)
    name = f'{peer.namespace}/{topic}'
    endpoints = (
        peer.node.get_publishers_info_by_topic
        if node == 'camera_node'
        else peer.node.get_subscriptions_info_by_topic
    )
    (endpoint,) = peer.until(lambda: endpoints(name))
    assert endpoint.topic_type == 'sensor_msgs/msg/CameraInfo'
