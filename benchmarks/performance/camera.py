# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A process that publishes the images of cameras on time, controlled by benchmarks/processes.py.

    python benchmarks/performance/camera.py NAMESPACE [NAMESPACE ...]

A job is a line of JSON. `load` names the .npy file of the frames to publish (number x height x
width x 3); the answer is 'loaded'. `begin` (on the monotonic clock), `period` (seconds) and `count`
(images per camera; 0: until Ctrl-C) publish them; the answer has the `stamps` in nanoseconds, a
list per camera in the order of the command line.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from typing import Any

import numpy as np
import rclpy
from rclpy.publisher import Publisher
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from mask_proximity.ros import qos
from mask_proximity.ros.conversions import time_message
from mask_proximity.ros.image_conversions import image_message


def messages(path: str) -> list[Image]:
    """A message for each frame of a file, filled once and stamped again and again."""
    return [image_message(frame, Header(frame_id='camera')) for frame in np.load(path)]


def play(publishers: list[Publisher], job: dict[str, Any], images: list[Image]) -> list[list[int]]:
    """Publish, each camera at its part of the period; who is late by a whole one leaves it out."""
    stamps: list[list[int]] = [[] for _ in publishers]
    begin, period, number = job['begin'], job['period'] / len(publishers), 0
    last = job['count'] * len(publishers)
    while number < last or not last:
        due = begin + number * period
        left = due - time.monotonic()
        if left > 0.0:
            time.sleep(left)
        camera = number % len(publishers)
        if left > -job['period']:
            image = images[number // len(publishers) % len(images)]
            stamp = time.time_ns()
            image.header.stamp = time_message(stamp)
            publishers[camera].publish(image)
            if last:
                stamps[camera].append(stamp)
        number += 1
    return stamps


def main(namespaces: list[str]) -> None:
    """Do jobs until the end of the input, or Ctrl-C."""
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('bench_camera')
    publishers = [
        node.create_publisher(Image, f'/{name}/image_raw', qos.STREAM) for name in namespaces
    ]
    images: list[Image] = []
    with contextlib.suppress(KeyboardInterrupt):
        print('"ready"', flush=True)
        for line in sys.stdin:
            job = json.loads(line)
            answer: Any = 'loaded'
            if 'load' in job:
                images = messages(job['load'])
            else:
                answer = {'stamps': play(publishers, job, images)}
            print(json.dumps(answer), flush=True)
    node.destroy_node()
    rclpy.shutdown()


if __name__ == '__main__':
    main(sys.argv[1:])
