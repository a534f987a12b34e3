# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How many images come, how many are processed, and how long that takes, over the last moments."""

from __future__ import annotations

import statistics
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, nan
from types import MappingProxyType

WINDOW = 2.0
"""Seconds that rates and latencies look back: long enough to be steady, and short enough that what
goes wrong is said within three seconds."""

_SILENCE = 1.5
_MAX_SILENCE = 10.0
# Of the usual interval: one image may be missing without being missed.
_MISSED_INTERVALS = 2.5
_INTERVALS = 5
# Seconds of images that show whether the results keep up.
_MIN_WINDOW = 1.4
_P95 = 0.95

_Result = tuple[float, float, Mapping[str, float]]
"""When it was there, its latency and the times of its stages, in seconds."""


@dataclass(frozen=True, slots=True)
class StreamSnapshot:
    """What `StreamStatistics` has seen, as of one moment.

    Attributes:
        watched: seconds since the watch began.
        silent: seconds since the newest image; None if none has come.
        overdue: whether the next image (or the first one) should have come by now.
        arrived: images per second.
        processed: images per second.
        lost: images in the window that were not processed; 0 before there are enough of them.
        lost_share: their part of all in the window, 0..1.
        latency: from stamp to result, median in seconds; NaN if nothing was processed.
        latency_p95: 95 of 100 in the window were not longer; NaN likewise.
        latency_max: the longest in the window; NaN likewise.
        stages: what each stage took, median in seconds over the images that reached it.
        stamped: whether the newest image carries a stamp.
        age: of the images when they arrived, median in seconds; NaN if unknown.
        seconds_without_face: since a face was last seen, or since the first image; 0 before any.
        face_seen: whether a face has been seen since the watch began.
    """

    watched: float = 0.0
    silent: float | None = None
    overdue: bool = False
    arrived: float = 0.0
    processed: float = 0.0
    lost: int = 0
    lost_share: float = 0.0
    latency: float = nan
    latency_p95: float = nan
    latency_max: float = nan
    stages: Mapping[str, float] = field(default_factory=dict)
    stamped: bool = True
    age: float = nan
    seconds_without_face: float = 0.0
    face_seen: bool = False


class StreamStatistics:
    """Keeps the books of one watch; begin a new one with every activation.

    Images may be counted in one thread and results in another.
    """

    def __init__(self, began: float) -> None:
        """Begin a watch.

        Args:
            began: when the subscription began. This and all other times are of one monotonic
                clock, in seconds.
        """
        self._lock = threading.Lock()
        self._began = began
        self._arrivals: deque[tuple[float, float | None]] = deque()
        self._results: deque[_Result] = deque()
        self._newest: deque[float] = deque(maxlen=_INTERVALS + 1)
        self._face_or_first: float | None = None
        self._judged: float = began
        self._face_seen = False

    def arrived(self, time: float, age: float | None) -> None:
        """Count an image that has arrived.

        Args:
            time: the present.
            age: the node's clock less the stamp, seconds; None if it carries no stamp.
        """
        with self._lock:
            self._arrivals.append((time, age))
            self._newest.append(time)
            _forget(self._arrivals, time - WINDOW)

    def processed(
        self,
        time: float,
        latency: float,
        faces: int,
        stages: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Count an image that has been processed.

        Args:
            time: the present.
            latency: from its stamp to the result, seconds.
            faces: how many were in it.
            stages: seconds that each stage took, see stages.py; 0 for one that it did not reach.
                Not changed any more.
        """
        with self._lock:
            self._results.append((time, latency, stages))
            _forget(self._results, time - WINDOW)
            # Time without images is no time without faces.
            paused = time - self._judged > WINDOW
            if faces or self._face_or_first is None or paused:
                self._face_or_first = time
            self._judged = time
            self._face_seen = self._face_seen or faces > 0

    def measure(self, now: float) -> StreamSnapshot:
        """The state of the books.

        Args:
            now: the present.
        """
        with self._lock:
            _forget(self._arrivals, now - WINDOW)
            _forget(self._results, now - WINDOW)
            arrivals, results = list(self._arrivals), list(self._results)
            newest, face_or_first = list(self._newest), self._face_or_first
        silent = max(0.0, now - newest[-1]) if newest else None
        watched = max(0.0, now - self._began)
        ages = [age for _, age in arrivals if age is not None]
        latencies = sorted(latency for _, latency, _ in results)
        # The newest one may just be worked on; and the first run of a net, which is slow, makes no
        # habit yet.
        seen = arrivals[-1][0] - arrivals[0][0] if arrivals else 0.0
        lost = max(0, len(arrivals) - len(results) - 1) if seen > _MIN_WINDOW else 0
        return StreamSnapshot(
            watched=watched,
            silent=silent,
            overdue=(watched if silent is None else silent) > _max_gap(newest),
            arrived=_rate([time for time, _ in arrivals]),
            processed=_rate([time for time, _, _ in results]),
            lost=lost,
            lost_share=lost / len(arrivals) if arrivals else 0.0,
            latency=statistics.median(latencies) if latencies else nan,
            latency_p95=latencies[ceil(_P95 * len(latencies)) - 1] if latencies else nan,
            latency_max=latencies[-1] if latencies else nan,
            stages=_medians([stages for _, _, stages in results]),
            stamped=not arrivals or arrivals[-1][1] is not None,
            age=statistics.median(ages) if ages else nan,
            seconds_without_face=max(0.0, now - face_or_first)
            if face_or_first is not None
            else 0.0,
            face_seen=self._face_seen,
        )


def _forget(events: deque[_Result] | deque[tuple[float, float | None]], since: float) -> None:
    while events and events[0][0] < since:
        events.popleft()


def _medians(results: Sequence[Mapping[str, float]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {}
    for stages in results:
        for stage, seconds in stages.items():
            if seconds > 0.0:
                taken.setdefault(stage, []).append(seconds)
    return {stage: statistics.median(seconds) for stage, seconds in taken.items()}


def _rate(times: Sequence[float]) -> float:
    """Events per second between the first and the last: right for a stream that has just begun."""
    if len(times) < 2 or times[-1] <= times[0]:
        return len(times) / WINDOW
    return (len(times) - 1) / (times[-1] - times[0])


def _max_gap(newest: Sequence[float]) -> float:
    """How long to wait for the next image: by the clock, and for a slow camera by its own pace."""
    if len(newest) < 2:
        return _SILENCE
    usual = statistics.median(b - a for a, b in zip(newest, newest[1:], strict=False))
    return min(max(_SILENCE, _MISSED_INTERVALS * usual), _MAX_SILENCE)
