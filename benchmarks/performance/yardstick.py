# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A process that times the core alone, and its two nets alone, at the rate of a camera.

A job is a line of JSON. `load` names the .npy file of the frames to use; the answer has the time of
a frame in ms, as `core` and `nets`. `begin` (on the monotonic clock), `period` (seconds) and
`count` time both: the core at a third of each period, the nets at two thirds, so that neither
disturbs a detector that gets its images at the beginning. The answer has the ms of each frame, as
`core` and `nets`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

# At the end of the path: the source tree's own mask_proximity must not hide the installed one.
sys.path[0:1] = []
sys.path.append(str(Path(__file__).resolve().parents[2]))
from benchmarks.performance.subjects import CORE, NETS, Look, load_subject  # noqa: E402

# The first ones are slow.
_TRIES = 6


class Yardstick:
    """Both subjects, over the same frames."""

    def __init__(self) -> None:
        """Load what the default settings name."""
        self._subjects = {name: load_subject(name, None) for name in (CORE, NETS)}
        self._looks: dict[str, Look] = {}

    def load(self, path: str) -> dict[str, float]:
        """Take frames; the ms that one of them takes each when nothing else runs."""
        frames = list(np.load(path))
        self._looks = {name: prepare(frames) for name, prepare in self._subjects.items()}
        return {
            name: min(_timed(look, number) for number in range(_TRIES))
            for name, look in self._looks.items()
        }

    def play(self, begin: float, period: float, count: int) -> dict[str, list[float]]:
        """Time both at their places in each period."""
        times: dict[str, list[float]] = {name: [] for name in self._looks}
        for number in range(count):
            for place, (name, look) in enumerate(self._looks.items(), start=1):
                due = begin + (number + place / 3.0) * period
                time.sleep(max(0.0, due - time.monotonic()))
                times[name].append(_timed(look, number))
        return times


def _timed(look: Look, number: int) -> float:
    begin = time.perf_counter()
    look(number)
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
