# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration of a running detector, by its service and by the command."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest

from mask_proximity.core.types import Image
from mask_proximity.srv import CalibrateDistance
from support import ros
from support.room import empty_room

SERVICE = 'detector_node/calibrate_distance'


def calibrate(
    peer: ros.Peer, picture: Image, distance: float, duration: float
) -> CalibrateDistance.Response:
    """Call the service while the camera shows a picture."""
    publisher = peer.image_publisher()
    client = peer.node.create_client(CalibrateDistance, SERVICE)
    alerts = peer.collect_alerts()

    def show() -> None:
        publisher.publish(peer.image(picture))

    # Until images are judged.
    peer.until(lambda: alerts and alerts[-1].level != alerts[-1].UNKNOWN, each=show)
    future = client.call_async(CalibrateDistance.Request(distance=distance, duration=duration))
    peer.until(future.done, each=show)
    return future.result()


def test_it_measures_and_sets_the_parameter(peer: ros.Peer, near_portrait: Image) -> None:
    peer.start('detector_node', horizontal_fov=1.0, frozen_after=0.0)
    made = calibrate(peer, near_portrait, 0.6, 1.5)
    assert made.success, made.message
    assert made.parameter == 'face_width' and made.message.endswith(f'= {made.value:g} m')
    assert peer.get('detector_node', 'face_width') == [made.value]
    alerts = peer.collect_alerts()
    publisher = peer.image_publisher()
    alert = peer.until(
        lambda: next((a for a in alerts if a.faces and a.faces[0].distance > 0), None),
        each=lambda: publisher.publish(peer.image(near_portrait)),
    )
    assert alert.faces[0].distance == pytest.approx(0.6, rel=0.05)

    refused = calibrate(peer, empty_room(), 0.6, 0.5)
    assert not refused.success and math.isnan(refused.value) and refused.parameter == ''
    assert refused.message.startswith('no face is in ')
    assert peer.get('detector_node', 'face_width') == [made.value]


def test_the_command_says_what_the_detector_says(peer: ros.Peer) -> None:
    peer.start('detector_node', autostart=False)
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'mask_proximity.cli', 'calibrate', '--distance', '1'),
            *('--namespace', peer.namespace),
        ],
        env={**os.environ, 'ROS_DOMAIN_ID': str(peer.domain)},
        cwd='/',
        capture_output=True,
        text=True,
        timeout=ros.PATIENCE,
    )
    assert done.returncode == 2
    assert done.stderr == ('error: no images are looked at now: The detector is not configured.\n')
