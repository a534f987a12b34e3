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
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, Box

# Of faces: lengths in widths of the face, so that they hold at any distance and resolution.
_VELOCITY = 5.0
"""Standard deviation of a face's velocity before it is known, widths/s: 0.7 m/s across."""
_ACCELERATION = 4.0
"""Root of the spectral density of its white acceleration, widths/s^1.5."""
_GROWTH = 0.5
"""Standard deviation of the change of log(width) and log(height) in a second."""
_JITTER = (0.08, 0.08, 0.15, 0.1)
"""That of a detector's box: centre in x and y, log(width), which a turning head changes most, and
log(height).
"""
_GATE = 25.0
"""Largest squared Mahalanobis distance of a detection from a track: 4 degrees of freedom."""
_STRANGER = 12.0
"""Cost (-2 log likelihood) from which on a detection is rather somebody new."""

_CLIP = 4.0
_LARGEST_PART = 0.3
"""One frame makes no more than this part of a belief.

With logits of at most +-_CLIP, a frame then takes a belief of 0.75 no lower than
sigmoid(0.7 * log(3) - 0.3 * 4) = 0.39, and one of 0.25 no higher than 0.61.
"""
_LONGEST_FRAME = 0.2
"""Seconds that one frame may stand for."""

_SHARP = 0.15
"""Tenengrad from which on a face tells all it can; intensities in [-1, 1], side 160 pixels."""
_WIDE = 48.0
"""Width likewise, pixels."""
_LEAST_WEIGHT = 0.2
"""So that what was seen well outlasts what is seen badly by no more than log2(5) half-lives."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A face in one frame, by itself.

    Attributes:
        box: pixels of the original image.
        score: of the face detector, 0..1.
        mask_probability: P(mask) by this frame alone, 0..1.
        incorrect_probability: P(worn wrong) likewise.
        weight: how much this counts for the belief, 0..1 (see evidence_weights).
    """

    box: Box
    score: float
    mask_probability: float
    incorrect_probability: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """What all frames so far say of a face of the newest one.

    Attributes:
        track_id: of the person; never used again for another one.
        mask_probability: the belief, 0..1.
        incorrect_probability: likewise.
        detection_score: how sure it is that this is a face, 0..1.
        first_seen: stamp of the frame with which the track began, nanoseconds.
    """

    track_id: str
    mask_probability: float
    incorrect_probability: float
    detection_score: float
    first_seen: int


def evidence_weights(
    faces: npt.NDArray[np.float32], widths: Sequence[float]
) -> npt.NDArray[np.float64]:
    """How much single pictures of faces tell of a mask, by their size and sharpness.

    min(1, width / 48) * min(1, Tenengrad / 0.15), at least 0.2: fitted to how far the logits of
    the package's classifier lie on the right side, in parts of their spread, squared (the weight
    of a measurement in a mean), see docs/tracking.md. Tenengrad is the mean squared gradient by
    Sobel's operator (J. M. Tenenbaum, 1970).

    Args:
        faces: n x side x side x 3, as the classifier gets them.
        widths: of the boxes, pixels.

    Returns:
        n numbers in (0, 1].
    """
    sharpness = np.array([_tenengrad(face) for face in faces], np.float64)
    # The same face on more pixels has smaller steps from one to the next.
    sharpness *= (faces.shape[1] / 160.0) ** 2
    weights = np.minimum(sharpness / _SHARP, 1.0) * np.minimum(
        np.asarray(widths, np.float64) / _WIDE, 1.0
    )
    return np.asarray(np.maximum(weights, _LEAST_WEIGHT), np.float64)


def _tenengrad(face: npt.NDArray[np.float32]) -> float:
    gray = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    gradients = (cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    return sum(cv2.norm(each, cv2.NORM_L2SQR) for each in gradients) / gray.size


class FaceTracker:
    """Follows faces from frame to frame."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._ids = itertools.count(1)
        self._tracks: list[_Track] = []
        self._stamp: int | None = None

    def update(
        self, stamp: int, observations: Sequence[Observation], settings: DetectorSettings
    ) -> list[TrackedFace]:
        """Take in a frame.

        Args:
            stamp: of the frame, nanoseconds. Time that goes backwards begins anew.
            observations: the faces of the frame.
            settings: of detector_node.

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
        sure = [each.score > settings.alert_confidence for each in observations]
        tracks: dict[int, _Track] = {}
        for wanted in (True, False):
            indices = [index for index, is_sure in enumerate(sure) if is_sure is wanted]
            taken = {id(track) for track in tracks.values()}
            free = [track for track in self._tracks if id(track) not in taken]
            tracks.update(self._assign(free, indices, observations))
        for index, observation in enumerate(observations):
            if index in tracks:
                tracks[index].take(observation, settings.belief_half_life)
            else:
                tracks[index] = _Track(str(next(self._ids)), observation, stamp)
                self._tracks.append(tracks[index])
        if len(self._tracks) > 1:
            _import_ahead()
        return [tracks[index].face() for index in range(len(observations))]

    def _assign(
        self, tracks: Sequence[_Track], indices: Sequence[int], observations: Sequence[Observation]
    ) -> dict[int, _Track]:
        """The track of each of these observations that has one."""
        if not tracks or not indices:
            return {}
        measured = np.array([_measured(observations[index].box) for index in indices])
        expected = [track.expected() for track in tracks]
        pairs = _cheapest_pairs(_costs(expected, measured))
        return {indices[column]: tracks[row] for row, column in pairs}

    def reset(self) -> None:
        """Forget everybody; ids go on."""
        self._tracks.clear()
        self._stamp = None


@functools.cache
def _import_ahead() -> None:
    """Let SciPy, which takes 0.4 s and 40 MB, be there when two faces compete for a track.

    Not a daemon: a process that ends in the middle of an import may crash.
    """
    threading.Thread(target=importlib.import_module, args=('scipy.optimize',)).start()


def _cheapest_pairs(costs: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Rows and columns of the pairs that cost the least together, each below _STRANGER."""
    wanted = [
        (row, int(column))
        for row, column in enumerate(costs.argmin(axis=1))
        if costs[row, column] < _STRANGER
    ]
    if len({column for _, column in wanted}) == len(wanted):
        # No two want the same: nearly always so.
        return wanted
    from scipy.optimize import linear_sum_assignment

    # To be assigned at the cost of a stranger is not to be assigned.
    rows, columns = linear_sum_assignment(np.minimum(costs, _STRANGER))
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if costs[row, column] < _STRANGER
    ]


class _Track:
    """A person: where the face is, how it moves, and what it wears."""

    def __init__(self, track_id: str, observation: Observation, stamp: int) -> None:
        self._id = track_id
        self._first_seen = self._now = self.last_seen = stamp
        self._score = observation.score
        self._mask = _Belief(observation.mask_probability, observation.weight)
        self._incorrect = _Belief(*_incorrect(observation))
        measured = _measured(observation.box)
        self._filter = cv2.KalmanFilter(6, 4, 0, cv2.CV_64F)
        self._filter.statePost = np.concatenate([measured, np.zeros(2)])[:, None]
        self._filter.measurementMatrix = np.eye(4, 6)
        self._filter.errorCovPost = np.diag(
            np.square([*self._jitter(), *[_VELOCITY * self._width()] * 2])
        )

    def _width(self) -> float:
        return math.exp(self._filter.statePost[2, 0])

    def _jitter(self) -> npt.NDArray[np.float64]:
        width = self._width()
        return np.array(_JITTER) * (width, width, 1.0, 1.0)

    def predict(self, stamp: int) -> None:
        """Move on to the time of a frame."""
        passed = (stamp - self._now) / NANOSECONDS
        self._now = stamp
        transition = np.eye(6)
        transition[0, 4] = transition[1, 5] = passed
        pushed = (_ACCELERATION * self._width()) ** 2
        noise = np.zeros((6, 6))
        noise[0, 0] = noise[1, 1] = pushed * passed**3 / 3.0
        noise[0, 4] = noise[4, 0] = noise[1, 5] = noise[5, 1] = pushed * passed**2 / 2.0
        noise[4, 4] = noise[5, 5] = pushed * passed
        noise[2, 2] = noise[3, 3] = _GROWTH**2 * passed
        self._filter.transitionMatrix = transition
        self._filter.processNoiseCov = noise
        self._filter.predict()

    def expected(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """What the detector will say, see _measured, and the variances of that.

        Nothing ties one of the four numbers to another one, so there are no covariances.
        """
        state = np.asarray(self._filter.statePost, np.float64)
        covariance = np.asarray(self._filter.errorCovPost, np.float64)
        return state[:4, 0], covariance.diagonal()[:4] + self._jitter() ** 2

    def take(self, observation: Observation, half_life: float) -> None:
        """Take in a detection in the frame of the last prediction."""
        passed = (self._now - self.last_seen) / NANOSECONDS
        self.last_seen = self._now
        self._score = max(self._score, observation.score)
        self._mask.add(observation.mask_probability, observation.weight, passed, half_life)
        self._incorrect.add(*_incorrect(observation), passed, half_life)
        self._filter.measurementNoiseCov = np.diag(self._jitter() ** 2)
        self._filter.correct(_measured(observation.box)[:, None])

    def face(self) -> TrackedFace:
        """What is known by now."""
        mask = self._mask.probability
        return TrackedFace(
            self._id,
            mask,
            self._incorrect.probability * (1.0 - mask),
            self._score,
            self._first_seen,
        )


def _costs(
    expected: Sequence[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]],
    measured: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """-2 log likelihood, but for a constant, that a face is seen so; infinite out of gate.

    Args:
        expected: of each track, see _Track.expected.
        measured: faces x 4, see _measured.

    Returns:
        Tracks x faces.
    """
    means, variances = (np.array(part)[:, None] for part in zip(*expected, strict=True))
    distances = ((measured - means) ** 2 / variances).sum(axis=2)
    # Of a place in widths, not in pixels.
    volumes = np.log(variances).sum(axis=2) - 4.0 * means[..., 2]
    return np.where(distances > _GATE, np.inf, distances + volumes)


def _measured(box: Box) -> npt.NDArray[np.float64]:
    """Centre in x and y, log(width), log(height)."""
    x, y = box.center
    # A part of a pixel tells nothing of the size.
    width, height = max(box.width, 1.0), max(box.height, 1.0)
    return np.array([x, y, math.log(width), math.log(height)])


def _incorrect(observation: Observation) -> tuple[float, float]:
    """P(worn wrong | not worn right) and its weight."""
    rest = 1.0 - observation.mask_probability
    if rest <= 0.0:
        return 0.0, 0.0
    return min(observation.incorrect_probability / rest, 1.0), observation.weight * rest


class _Belief:
    """A mean of logits, in which what is older by a half-life counts half."""

    def __init__(self, probability: float, weight: float) -> None:
        self.probability = probability
        self._mass = weight

    def add(self, probability: float, weight: float, passed: float, half_life: float) -> None:
        """Take in a frame that came `passed` seconds after the last one."""
        if half_life == 0.0:
            self.probability, self._mass = probability, weight
            return
        self._mass *= 2.0 ** (-passed / half_life)
        mass = weight * (1.0 - 2.0 ** (-min(passed, _LONGEST_FRAME) / half_life))
        self._mass += mass
        part = min(mass / self._mass, _LARGEST_PART) if mass > 0.0 else 0.0
        before = _logit(self.probability)
        after = before + part * (_logit(probability) - before)
        self.probability = 1.0 / (1.0 + math.exp(-after))


def _logit(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        return math.copysign(_CLIP, probability - 0.5)
    return min(max(math.log(probability / (1.0 - probability)), -_CLIP), _CLIP)
