# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The worker takes what has come to the middleware since the executor looked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support import ros

# Nobody spins while the newer image comes, as when the executor is late.
PROGRAM = """
import time

import numpy as np
import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from mask_proximity.ros import image_conversions, qos
from mask_proximity.nodes.detector_node import DetectorNode

PATIENCE = 30.0


def until(condition, work=lambda: time.sleep(0.01)):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        work()


rclpy.init()
detector, camera = DetectorNode(), rclpy.create_node('camera')
executor = SingleThreadedExecutor()
executor.add_node(detector)
images = camera.create_publisher(Image, 'image_raw', qos.STREAM)
until(images.get_subscription_count, lambda: executor.spin_once(timeout_sec=0.05))
picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


def message():
    return image_conversions.image_message(picture, Header(stamp=camera.get_clock().now().to_msg()))


older, newer = message(), message()
handle = detector._inputs._images._subscription.handle
images.publish(newer)
# In the same process and without a spin: it is there as soon as a wait set is ready.
with detector.context.handle:
    wait_set = rclpy_implementation.WaitSet(1, 0, 0, 0, 0, 0, detector.context.handle)
    wait_set.clear_entities()
    index = wait_set.add_subscription(handle)
    wait_set.wait(int(PATIENCE * 1e9))
    assert wait_set.is_ready('subscription', index)
detector._inputs._on_image(older)
alert = detector._judge._alert
until(lambda: alert._header is not None)
print('newer' if alert._header.stamp == newer.header.stamp else 'older', flush=True)
print(detector._slot.dropped, 'dropped', flush=True)
detector.destroy_node()
rclpy.shutdown()
"""


def test_the_newest_image_is_worked_on_though_the_executor_is_late(
    peer: ros.Peer, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM],
        # Not from the source tree, which lacks the messages.
        cwd=tmp_path,
        env={**os.environ, 'ROS_DOMAIN_ID': str(peer.domain)},
        capture_output=True,
        text=True,
        timeout=ros.PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split('\n')[-3:-1] == ['newer', '1 dropped'], done.stdout
