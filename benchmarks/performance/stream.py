# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Controls the cameras of a benchmark, which run in a process of their own (camera.py)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.performance.frames import Case, save_frames
from benchmarks.processes import START_TIME, Ear, Graph
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings

FOLDER = Path(__file__).resolve().parent
ONE_FACE = Case(1, 640, 480)


def make_frames(graph: Graph, case: Case = ONE_FACE) -> str:
    """The file with the frames of a case; it goes with the graph."""
    save_frames([case], graph.folder, load_face_detector(DetectorSettings()))
    return str(graph.folder / f'{case.name}.npy')


class Stream:
    """Cameras that begin together, each at its part of the period.

    Attributes:
        cameras: their namespaces.
    """

    def __init__(self, graph: Graph, cameras: Sequence[str], frames: str = '') -> None:
        """Start the process, which ends with the graph or by `close`.

        Args:
            graph: that they are in.
            cameras: their namespaces.
            frames: the file of what they show; '' = `load` follows.
        """
        self.cameras = list(cameras)
        self._publisher = graph.asked(FOLDER / 'camera.py', *cameras)
        if frames:
            self.load(frames)

    def load(self, frames: str) -> None:
        """Show other frames from now on."""
        self._publisher.ask(load=frames)
        self._publisher.answer()

    def play(self, rate: float, count: int = 0, begin: float | None = None) -> None:
        """Publish, when what was asked for before is done.

        Args:
            rate: of each camera, 1/s.
            count: of each camera; 0 = until the end.
            begin: by the monotonic clock; None = at once.
        """
        begin = time.monotonic() if begin is None else begin
        self._publisher.ask(begin=begin, period=1.0 / rate, count=count)

    def stamps(self) -> list[list[int]]:
        """Of the images of a `play`, by camera; waits for its end, and each is asked for once."""
        found: list[list[int]] = self._publisher.answer()['stamps']
        return found

    def wake(self, ear: Ear, rate: float) -> None:
        """Publish until an alert of an image has come of every camera, and forget the alerts.

        Raises:
            RuntimeError: not all have come in time.
        """
        deadline = time.monotonic() + START_TIME
        while not all(ear.heard.values()):
            if time.monotonic() > deadline:
                raise RuntimeError(f'not every camera was judged within {START_TIME:.0f} s')
            self.play(rate, max(1, round(rate)))
            ear.listen(1.0 + 1.0 / rate, lambda: all(ear.heard.values()))
            self.stamps()
        ear.clear()

    def close(self) -> None:
        """End the process."""
        self._publisher.close()
