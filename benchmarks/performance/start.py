# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Time from the start of the detector process to its first alert from an image.

A camera is already running. The smallest possible node in Python is started in turn with it, to
show the share of Python and rclpy. The times are taken by the process that starts both.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from std_msgs.msg import Empty

from benchmarks.performance.figures import spread
from benchmarks.performance.stream import FOLDER, Stream, make_frames
from benchmarks.processes import START_TIME, Ear, Graph, process
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import qos

NAME = 'start'

AIM = 1.5
"""Seconds to the first alert at most."""

STARTS = 10
RATE = 30.0
_TIMES = ('rclpy', 'first_word', 'first_alert', 'restart')


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Start both in turn.

    Args:
        options: `quick`.
    """
    starts = 1 if options.quick else STARTS
    times: dict[str, list[float]] = {name: [] for name in _TIMES}
    # One that is not counted: the files come from the disk.
    for number in range(starts + 1):
        for each, value in _start_all().items():
            times[each] += [value] if number else []
    return {
        **{each: spread(values) for each, values in times.items()},
        'beyond_rclpy': spread(
            [a - b for a, b in zip(times['first_alert'], times['rclpy'], strict=True)]
        ),
        'values': times,
        'rate': RATE,
        'aim': AIM,
    }


def _start_all() -> dict[str, float]:
    """Start a detector beside a camera that has met no other one, a bare node, and it again."""
    with TemporaryDirectory() as name:
        graph = Graph(Path(name))
        try:
            (camera,) = graph.camera_names()
            Stream(graph, [camera], make_frames(graph)).play(RATE)
            # The camera runs before anybody listens.
            Ear([], graph.context).listen(1.0)
            return {
                **_start_detector(graph, camera),
                'rclpy': _start_bare(graph),
                'restart': _start_detector(graph, camera)['first_alert'],
            }
        finally:
            graph.close()


def _start_bare(graph: Graph) -> float:
    """Seconds until a bare node was heard."""
    (name,) = graph.camera_names()
    ear = Ear([], graph.context)
    words: list[Empty] = []
    profile = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
    ear.node.create_subscription(Empty, f'/{name}/word', words.append, profile)
    command = [sys.executable, str(FOLDER / 'bare_node.py'), f'/{name}/word']
    try:
        begin = time.monotonic()
        with process(graph.folder / 'bare_node.log', command, graph.variables):
            if not ear.listen(START_TIME, lambda: words):
                raise RuntimeError(f'the bare node was not heard within {START_TIME:.0f} s')
            return time.monotonic() - begin
    finally:
        ear.close()


def _start_detector(graph: Graph, camera: str) -> dict[str, float]:
    """Seconds until the detector was heard at all, and until it had judged an image."""
    ear = Ear([camera], graph.context)
    words: list[ProximityAlert] = []
    ear.node.create_subscription(ProximityAlert, f'/{camera}/alert', words.append, qos.ALERT)
    try:
        begin = time.monotonic()
        with graph.node('detector_node', camera):
            if not ear.listen(START_TIME, lambda: words):
                raise RuntimeError(f'the detector was not heard within {START_TIME:.0f} s')
            first_word = time.monotonic() - begin
            ear.await_images()
            return {'first_word': first_word, 'first_alert': time.monotonic() - begin}
    finally:
        ear.close()


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    rows = {
        'a bare node: Python and rclpy, then one message': result['rclpy'],
        'detector: the first message (UNKNOWN, nobody is looking yet)': result['first_word'],
        'detector: **the first alert made of an image**': result['first_alert'],
        'of that, beyond the bare node': result['beyond_rclpy'],
        'detector started again beside the same camera: the first alert of an image': (
            result['restart']
        ),
    }
    lines = [
        f'| {name} | {found["median"]:.2f} | {found["low"]:.2f} to {found["high"]:.2f} |'
        for name, found in rows.items()
    ]
    return '\n'.join(
        [
            '## Cold start',
            '',
            'From the start of the process until another process hears of it, with a camera of '
            f'{result["rate"]:g} frames per second already running. {result["first_alert"]["n"]} '
            'starts of each, in turn, after one that is not counted (so the files are in memory); '
            f'seconds. The aim is {result["aim"]:g} s.',
            '',
            '| | median | range |',
            '|---|---|---|',
            *lines,
            '',
            'The camera is new for each start, and has met no detector before. Where detectors '
            'come and go beside the same camera, one may be ready and wait for its first image: '
            'ten in a row took 2.0 s (0.6 to 2.6) in the median. It seems that Fast DDS goes on '
            'writing into the shared memory of a process that has gone.',
        ]
    )
