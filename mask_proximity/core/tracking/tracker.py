# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Multi-object tracking of faces, with smoothed mask probabilities.

Detections are associated with tracks as in ByteTrack (Zhang et al., ECCV 2022): those with a high
score first, then those with a low score with the remaining tracks. The overlap of boxes that
ByteTrack uses does not work at 5 frames per second, because a passer-by moves by more than the
width of a face between two frames. The cost is therefore the likelihood of a detection under a
Kalman filter, whose gate grows with the time since the track was last seen. The measurements behind
the constants are in docs/tracking.md.
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
"""Cost (-2 log likelihood) from which a detection rather starts a new track."""


class FaceTracker:
    """Follows faces from frame to frame."""

    def __init__(self) -> None:
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
        """Associate the faces of a frame with tracks.

        Args:
            stamp: Frame timestamp in nanoseconds. If time goes backwards, all tracks are dropped.
            observations: The faces of the frame.
            settings: Lifetime of a track and half-life of its mask probability.
            high_score: Detections with a score above this are assigned to tracks first.

        Returns:
            The tracked face of each of `observations`, in the same order.
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
        """The tracks of those of these observations that match one, by their index."""
        if not tracks or not indices:
            return {}
        measured = np.array([measurement(observations[index].box) for index in indices])
        expected = [track.expected() for track in tracks]
        pairs = _cheapest_pairs(association_costs(expected, measured))
        return {indices[column]: tracks[row] for row, column in pairs}

    def reset(self) -> None:
        """Drop all tracks; their ids are not reused."""
        self._tracks.clear()
        self._stamp = None


@functools.cache
def _preload_scipy() -> None:
    """Import SciPy in the background, before two faces compete for a track.

    The import takes 0.4 s and 40 MB. The thread is no daemon, because a process that ends in the
    middle of an import may crash.
    """
    threading.Thread(target=importlib.import_module, args=('scipy.optimize',)).start()


def _cheapest_pairs(costs: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Rows and columns of the pairs with the lowest total cost, each below _NEW_TRACK_COST."""
    wanted = [
        (row, int(column))
        for row, column in enumerate(costs.argmin(axis=1))
        if costs[row, column] < _NEW_TRACK_COST
    ]
    if len({column for _, column in wanted}) == len(wanted):
        # Nearly always no two tracks have the same best face.
        return wanted
    from scipy.optimize import linear_sum_assignment

    # A pair at the cost of a new track counts as not assigned.
    rows, columns = linear_sum_assignment(np.minimum(costs, _NEW_TRACK_COST))
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if costs[row, column] < _NEW_TRACK_COST
    ]
