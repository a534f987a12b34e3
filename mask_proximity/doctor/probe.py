# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The doctor's child processes that send large images to each other.

They are processes of their own, because a middleware that hangs or crashes must not take the doctor
with it, and because camera and detector are two processes, too. Each prints one JSON object.
"""

from __future__ import annotations

import array
import json
import time
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import Image

from mask_proximity.doctor.spin import SpinUntil, spinning
from mask_proximity.doctor.subprocesses import HEIGHT, IMAGES_SENT, WIDTH
from mask_proximity.ros import conversions

_SEND_PERIOD = 0.05
# Best effort, as the detector subscribes to cameras. The queue holds all images, so that any loss
# is due to the middleware and not to a receiver that was busy for a moment.
_ALL_SENT = QoSProfile(depth=IMAGES_SENT, reliability=QoSReliabilityPolicy.BEST_EFFORT)
# Seconds for the other side to discover this one, too.
_SETTLE_TIME = 0.5


def main(arguments: list[str]) -> None:
    """Run a job; `arguments` are `send TOPIC SECONDS` or `receive TOPIC SECONDS`."""
    job, topic, seconds = arguments
    with spinning(f'mask_proximity_doctor_{job}') as (node, spin_until):
        deadline = time.monotonic() + float(seconds)
        work = {'send': _send, 'receive': _receive}[job]
        result = work(node, spin_until, deadline, topic)
    print(json.dumps(result), flush=True)


def _send(node: Node, spin_until: SpinUntil, deadline: float, topic: str) -> dict[str, Any]:
    """Publish large images, once there is a subscriber."""
    publisher = node.create_publisher(Image, topic, _ALL_SENT)
    if not spin_until(lambda: publisher.get_subscription_count() > 0, deadline):
        return {'met': False}
    _wait(spin_until, _SETTLE_TIME)
    message = Image(height=HEIGHT, width=WIDTH, encoding='bgr8', step=WIDTH * 3)
    message.data = array.array('B', bytes(HEIGHT * WIDTH * 3))
    for index in range(IMAGES_SENT):
        message.header.frame_id = str(index)
        message.header.stamp = conversions.time_message(time.time_ns())
        publisher.publish(message)
        _wait(spin_until, _SEND_PERIOD)
    _wait(spin_until, _SETTLE_TIME)
    return {'met': True}


def _receive(node: Node, spin_until: SpinUntil, deadline: float, topic: str) -> dict[str, Any]:
    """Receive images until the last one has arrived or the sender has gone."""
    latencies: list[float] = []
    done = False

    def count(message: Image) -> None:
        nonlocal done
        latencies.append((time.time_ns() - conversions.nanoseconds(message.header.stamp)) / 1e9)
        done = message.header.frame_id == str(IMAGES_SENT - 1)

    node.create_subscription(Image, topic, count, _ALL_SENT)
    met = spin_until(lambda: node.count_publishers(topic) > 0, deadline)
    spin_until(lambda: done or node.count_publishers(topic) == 0, deadline)
    return {'met': met, 'latencies': latencies, 'rmw': get_rmw_implementation_identifier()}


def _wait(spin_until: SpinUntil, seconds: float) -> None:
    spin_until(lambda: False, time.monotonic() + seconds)
