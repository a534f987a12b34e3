# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The core alone, and its two nets alone, at the pace of a camera: a process that is asked.

A job is a line of JSON. `load` names the .npy file of the frames that are looked at from now on;
the answer has the ms that one takes, `core` and `nets`. `begin` (by the monotonic clock), `period`
(seconds) and `count` time both: the core at a third of each period, the nets at two thirds, so that
neither comes in the way of a detector that gets its images at the beginning. The answer: `core` and
`nets`, ms of each frame.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.pipeline import Nets, load_pipeline
from mask_proximity.core.scene import Image

# At the end of the path: the source tree's own mask_proximity must not hide the installed one.
sys.path.append(str(Path(__file__).resolve().parents[2]))

# The first ones are slow.
_TRIES = 6


class Yardstick:
    """A pipeline and its nets, both over the same frames."""

    def __init__(self) -> None:
        """Load the nets that the default settings name."""
        self.settings = DetectorSettings()
        self.pipeline = load_pipeline(self.settings)
        self.frames: list[Image] = []
        self.faces = 0

    def load(self, path: str) -> dict[str, float]:
        """Take frames; the ms that one of them takes core and nets when nothing else runs."""
        self.frames = list(np.load(path))
        self.pipeline.reset()
        times = [(timed(self.core, number), timed(self.nets, number)) for number in range(_TRIES)]
        core, nets = (min(each) for each in zip(*times, strict=True))
        return {'core': core, 'nets': nets}

    def core(self, number: int) -> None:
        """All that is done with a frame."""
        frame = self.frames[number % len(self.frames)]
        scene = self.pipeline.process(frame, time.time_ns(), self.settings)
        self.faces = len(scene.faces)

    def nets(self, number: int) -> None:
        """What of it is arithmetic of the two nets."""
        frame = self.frames[number % len(self.frames)]
        bare_nets(self.pipeline.nets, self.settings, frame, self.faces)

    def play(self, begin: float, period: float, count: int) -> dict[str, list[float]]:
        """Time both at their places in each period."""
        times: dict[str, list[float]] = {'core': [], 'nets': []}
        for number in range(count):
            for place, name in enumerate(times, start=1):
                due = begin + (number + place / 3.0) * period
                time.sleep(max(0.0, due - time.monotonic()))
                times[name].append(timed(getattr(self, name), number))
        return times


def bare_nets(nets: Nets, settings: DetectorSettings, frame: Image, faces: int) -> None:
    """Run both nets once."""
    nets.faces.detect(frame, settings.face_confidence, settings.face_input_size)
    if faces:
        size = nets.masks.crop_spec.size
        nets.masks.classify(np.zeros((faces, size, size, 3), np.float32))


def timed(work: Callable[[int], object], number: int) -> float:
    """Milliseconds that work takes with a frame."""
    begin = time.perf_counter()
    work(number)
    return (time.perf_counter() - begin) * 1e3


def main() -> None:
    """Do jobs until the end of the input."""
    yardstick = Yardstick()
    print('"ready"', flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        answer: Any
        if 'load' in job:
            answer = yardstick.load(job['load'])
        else:
            answer = yardstick.play(job['begin'], job['period'], job['count'])
        print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main()
