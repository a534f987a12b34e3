# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Rates of images that arrive and are processed, and their latency, over the last seconds."""

from __future__ import annotations

import statistics
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, nan
from types import MappingProxyType

WINDOW = 2.0
"""Window of rates and latencies, in seconds: long enough for steady values, short enough to report
a problem within three seconds."""

# An image is overdue after this many of the usual intervals, so that a single lost image is no
# problem, but within the limits below.
_MISSED_INTERVALS = 2.5
_MIN_GAP_SECONDS, _MAX_GAP_SECONDS = 1.5, 10.0
# Number of recent intervals whose median is the usual interval.
_INTERVALS = 5
# Shortest span of images from which to judge whether processing keeps up.
_MIN_WINDOW_SECONDS = 1.4
_P95 = 0.95

_Result = tuple[float, float, Mapping[str, float]]
"""Time of a result, its latency, and the time of each stage, all in seconds."""


@dataclass(frozen=True, slots=True)
class StreamSnapshot:
    """The statistics of a stream at one moment.

    Attributes:
        watched: Seconds since the statistics began.
        silent: Seconds since the newest image; None if no image has arrived.
        overdue: Whether the next image (or the first one) should have arrived by now.
        arrived: Images that arrive per second.
        processed: Images that are processed per second.
        lost: Images in the window that were not processed; 0 until there are enough to judge.
        lost_share: Lost images as a share of all images in the window, 0..1.
        latency: Median time from stamp to result in seconds; NaN if nothing was processed.
        latency_p95: 95th percentile of the latency in seconds; NaN if nothing was processed.
        latency_max: Maximum of the latency in seconds; NaN if nothing was processed.
        stages: Median time of each stage in seconds, over the images that reached it.
        stamped: Whether the newest image carries a stamp.
        age: Median age of the images on arrival in seconds; NaN if unknown.
        seconds_without_face: Seconds since the last face, or since the first image if there was no
            face; 0 before the first image.
        face_seen: Whether a face has been seen since the statistics began.
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
    """Statistics of one stream of images; create a new one with every activation.

    Images may be counted in one thread and results in another.
    """

    def __init__(self, began: float) -> None:
        """Start the statistics.

        Args:
            began: Time at which the subscription began. This and all other times are in seconds of
                the same monotonic clock.
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
            time: Current time in seconds.
            age: The node's clock minus the stamp in seconds; None if the image has no stamp.
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
            time: Current time in seconds.
            latency: Time from its stamp to the result in seconds.
            faces: Number of faces in it.
            stages: Seconds of each stage, see stages.py; 0 for a stage that it did not reach. The
                mapping must not change afterwards.
        """
        with self._lock:
            self._results.append((time, latency, stages))
            _forget(self._results, time - WINDOW)
            # Time without images does not count as time without faces.
            paused = time - self._judged > WINDOW
            if faces or self._face_or_first is None or paused:
                self._face_or_first = time
            self._judged = time
            self._face_seen = self._face_seen or faces > 0

    def measure(self, now: float) -> StreamSnapshot:
        """The statistics as of now.

        Args:
            now: Current time in seconds.
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
        # The newest image may still be in processing, hence the 1. The minimum window is there
        # because the first run of a net is slow.
        span = arrivals[-1][0] - arrivals[0][0] if arrivals else 0.0
        lost = max(0, len(arrivals) - len(results) - 1) if span > _MIN_WINDOW_SECONDS else 0
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
    """Events per second between the first and the last, which also suits a new stream."""
    if len(times) < 2 or times[-1] <= times[0]:
        return len(times) / WINDOW
    return (len(times) - 1) / (times[-1] - times[0])


def _max_gap(newest: Sequence[float]) -> float:
    """Seconds after the newest image at which the next one is overdue."""
    if len(newest) < 2:
        return _MIN_GAP_SECONDS
    usual = statistics.median(b - a for a, b in zip(newest, newest[1:], strict=False))
    return min(max(_MIN_GAP_SECONDS, _MISSED_INTERVALS * usual), _MAX_GAP_SECONDS)
