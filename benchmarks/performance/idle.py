# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""CPU time and memory of the detector without subscribers (`lazy: true`), with a running camera."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState

from benchmarks.performance.figures import spread
from benchmarks.performance.stream import ONE_FACE, Stream, make_frames
from benchmarks.processes import START_TIME, Ear, Graph, cpu_seconds, megabytes

NAME = 'idle'

AIM = 2.0
"""Per cent of a core at most."""

PARTS, SECONDS = 6, 10.0
_QUICK_PARTS, _QUICK_SECONDS = 1, 1.0
RATE = 30.0
# Seconds from active, and from the last listener's leaving, until it rests.
_SETTLE = 2.0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Idle and, to compare, watching, in turn.

    Args:
        options: `quick`, `seconds` of each part.
    """
    seconds = options.seconds or (_QUICK_SECONDS if options.quick else SECONDS)
    used: dict[str, list[float]] = {'idle': [], 'watching': []}
    with TemporaryDirectory() as name:
        graph = Graph(Path(name))
        try:
            (camera,) = graph.camera_names()
            Stream(graph, [camera], make_frames(graph)).play(RATE)
            with graph.node('detector_node', camera, lazy='true') as detector:
                _await_active(graph, camera)
                for _ in range(_QUICK_PARTS if options.quick else PARTS):
                    time.sleep(_SETTLE)
                    before = cpu_seconds([detector])
                    time.sleep(seconds)
                    used['idle'].append(100.0 * (cpu_seconds([detector]) - before) / seconds)
                    ear = Ear([camera], graph.context)
                    ear.await_images()
                    before = cpu_seconds([detector])
                    ear.listen(seconds)
                    used['watching'].append(100.0 * (cpu_seconds([detector]) - before) / seconds)
                    ear.close()
                memory = megabytes([detector])
        finally:
            graph.close()
    return {
        **{each: spread(values) for each, values in used.items()},
        'seconds': seconds,
        'rate': RATE,
        'memory': memory,
        'aim': AIM,
    }


def _await_active(graph: Graph, camera: str) -> None:
    """Ask the detector until it says that it is active; a subscription would wake it."""
    ear = Ear([], graph.context)
    client = ear.node.create_client(GetState, f'/{camera}/detector_node/get_state')
    deadline = time.monotonic() + START_TIME
    try:
        while time.monotonic() < deadline:
            if not ear.listen(1.0, client.service_is_ready):
                continue
            answer = client.call_async(GetState.Request())
            ear.listen(1.0, answer.done)
            if answer.done() and answer.result().current_state.id == State.PRIMARY_STATE_ACTIVE:
                return
        raise RuntimeError(f'the detector was not active within {START_TIME:.0f} s')
    finally:
        ear.close()


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    idle, watching = result['idle'], result['watching']
    return '\n'.join(
        [
            '## Idle',
            '',
            f'With `lazy: true` and a camera of {result["rate"]:g} frames per second '
            f'({ONE_FACE.name}), in turn with nobody and with somebody who hears the alert; '
            f'{idle["n"]} times '
            f'{result["seconds"]:g} s each, per cent of a core. The aim is below '
            f'{result["aim"]:g} % while nobody listens.',
            '',
            '| | median | range |',
            '|---|---|---|',
            f'| **nobody listens** | {idle["median"]:.1f} | {idle["low"]:.1f} to '
            f'{idle["high"]:.1f} |',
            f'| somebody hears the alert | {watching["median"]:.1f} | {watching["low"]:.1f} to '
            f'{watching["high"]:.1f} |',
        ]
    )
