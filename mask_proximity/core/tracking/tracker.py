# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is who from frame to frame, and what the frames together say of the mask.

Faces are given to tracks as ByteTrack does (Zhang et al., ECCV 2022): the sure ones first, then
the doubtful ones to the tracks that are left. Its overlap of boxes is of no use at 5 frames per
second, where a passer-by moves by more than a face between two of them; so it is the likelihood of
a detection under a Kalman filter that decides, whose gate grows with the seconds since a track
was seen. docs/tracking.md has the measurements behind the numbers.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mask_proximity.core.tracking.kalman import (
    Track,
    association_costs,
    measurement,
)
from mask_proximity.core.tracking.observation import Observation, TrackedFace
from mask_proximity.core.tracking.settings import TrackingSettings
from mask_proximity.core.types import NANOSECONDS

_NEW_TRACK_COST = 12.0
"""Cost (-2 log likelihood) from which on a detection is rather somebody new."""


class FaceTracker:
    """Follows faces from frame to frame."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._ids = itertools.count(1)
        self._tracks: list[Track] = []
        self._stamp: int | None = None

    def update(
        self,
        stamp: int,
        observations: Sequence[Observation],
        settings: TrackingSettings,
        high_score: float,
    ) -> list[TrackedFace]:
        """Take in a frame.

        Args:
            stamp: Frame timestamp in nanoseconds. If time goes backwards, all tracks are dropped.
            observations: The faces of the frame.
            settings: Lifetime of a track and half-life of its mask probability.
            high_score: Detections with a score above this are assigned to tracks first.

        Returns:
            One for each of `observations`, in their order.
        """
        if self._stamp is not None and stamp < self._stamp:
            self.reset()
        self._stamp = stamp
        memory = settings.track_memory * NANOSECONDS
        self._tracks = [track for track in self._tracks if stamp - track.last_seen <= memory]
        for track in self._tracks:
            track.predict(stamp)
        sure = [each.score > high_score for each in observations]
        tracks: dict[int, Track] = {}
        for wanted in (True, False):
            indices = [index for index, is_sure in enumerate(sure) if is_sure is wanted]
            taken = {id(track) for track in tracks.values()}
            free = [track for track in self._tracks if id(track) not in taken]
            tracks.update(self._assign(free, indices, observations))
        for index, observation in enumerate(observations):
            if index in tracks:
                tracks[index].take(observation, settings.belief_half_life)
            else:
                tracks[index] = Track(str(next(self._ids)), observation, stamp)
                self._tracks.append(tracks[index])
        if len(self._tracks) > 1:
            _preload_scipy()
        return [tracks[index].face() for index in range(len(observations))]

    def _assign(
        self, tracks: Sequence[Track], indices: Sequence[int], observations: Sequence[Observation]
    ) -> dict[int, Track]:
        """The track of each of these observations that has one."""
        if not tracks or not indices:
            return {}
        measured = np.array([measurement(observations[index].box) for index in indices])
        expected = [track.expected() for track in tracks]
        pairs = _cheapest_pairs(association_costs(expected, measured))
        return {indices[column]: tracks[row] for row, column in pairs}

    def reset(self) -> None:
        """Forget everybody; ids go on."""
        self._tracks.clear()
        self._stamp = None


@functools.cache
def _preload_scipy() -> None:
    """Let SciPy, which takes 0.4 s and 40 MB, be there when two faces compete for a track.

    Not a daemon: a process that ends in the middle of an import may crash.
    """
    threading.Thread(target=importlib.import_module, args=('scipy.optimize',)).start()


def _cheapest_pairs(costs: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Rows and columns of the pairs that cost the least together, each below _NEW_TRACK_COST."""
    wanted = [
        (row, int(column))
        for row, column in enumerate(costs.argmin(axis=1))
        if costs[row, column] < _NEW_TRACK_COST
    ]
    if len({column for _, column in wanted}) == len(wanted):
        # No two want the same: nearly always so.
        return wanted
    from scipy.optimize import linear_sum_assignment

    # To be assigned at the cost of a stranger is not to be assigned.
    rows, columns = linear_sum_assignment(np.minimum(costs, _NEW_TRACK_COST))
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if costs[row, column] < _NEW_TRACK_COST
    ]
