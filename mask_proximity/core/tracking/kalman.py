# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A track: where a face is, how it moves, and how likely a detection belongs to it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.tracking.belief import Belief, incorrect_evidence
from mask_proximity.core.tracking.observation import Observation, TrackedFace
from mask_proximity.core.types import NANOSECONDS, Box

# Lengths are in widths of the face, so that the values hold at any distance and resolution.
_VELOCITY = 5.0
"""Standard deviation of the velocity of a new track in widths/s: 0.7 m/s across the image."""

_ACCELERATION = 4.0
"""Root of the spectral density of the white acceleration of a face in widths/s^1.5."""

_GROWTH = 0.5
"""Standard deviation of the change of log(width) and log(height) within a second."""

_MEASUREMENT_STDDEV = (0.08, 0.08, 0.15, 0.1)
"""Standard deviations of a detected box: centre in x and y, log(width) and log(height).

That of log(width) is the largest, because turning the head changes the width most.
"""

_GATE = 25.0
"""Largest squared Mahalanobis distance between a detection and a track; 4 degrees of freedom."""


class Track:
    """The position, the motion and the mask probability of one person's face."""

    def __init__(self, track_id: str, observation: Observation, stamp: int) -> None:
        self._id = track_id
        self._first_seen = self._now = self.last_seen = stamp
        self._score = observation.score
        self._mask = Belief(observation.mask_probability, observation.weight)
        self.incorrect_evidence = Belief(*incorrect_evidence(observation))
        measured = measurement(observation.box)
        self._filter = cv2.KalmanFilter(6, 4, 0, cv2.CV_64F)
        self._filter.statePost = np.concatenate([measured, np.zeros(2)])[:, None]
        self._filter.measurementMatrix = np.eye(4, 6)
        self._filter.errorCovPost = np.diag(
            np.square([*self._measurement_stddev(), *[_VELOCITY * self._width()] * 2])
        )

    def _width(self) -> float:
        return math.exp(self._filter.statePost[2, 0])

    def _measurement_stddev(self) -> npt.NDArray[np.float64]:
        width = self._width()
        return np.array(_MEASUREMENT_STDDEV) * (width, width, 1.0, 1.0)

    def predict(self, stamp: int) -> None:
        """Predict the state at the time of a frame."""
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
        """The predicted measurement (see `measurement`) and its variances.

        The four numbers are independent of each other, so there are no covariances.
        """
        state = np.asarray(self._filter.statePost, np.float64)
        covariance = np.asarray(self._filter.errorCovPost, np.float64)
        return state[:4, 0], covariance.diagonal()[:4] + self._measurement_stddev() ** 2

    def take(self, observation: Observation, half_life: float) -> None:
        """Update the state with a detection in the frame of the last prediction."""
        passed = (self._now - self.last_seen) / NANOSECONDS
        self.last_seen = self._now
        self._score = max(self._score, observation.score)
        self._mask.add(observation.mask_probability, observation.weight, passed, half_life)
        self.incorrect_evidence.add(*incorrect_evidence(observation), passed, half_life)
        self._filter.measurementNoiseCov = np.diag(self._measurement_stddev() ** 2)
        self._filter.correct(measurement(observation.box)[:, None])

    def face(self) -> TrackedFace:
        """The smoothed values so far."""
        mask = self._mask.probability
        return TrackedFace(
            self._id,
            mask,
            self.incorrect_evidence.probability * (1.0 - mask),
            self._score,
            self._first_seen,
        )


def association_costs(
    expected: Sequence[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]],
    measured: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """-2 log likelihood of each detection given each track, without its constant term.

    The cost is infinite where the detection lies outside of the gate of the track.

    Args:
        expected: The result of `Track.expected` for each track.
        measured: The result of `measurement` for each face, faces x 4.

    Returns:
        The costs, tracks x faces.
    """
    means, variances = (np.array(part)[:, None] for part in zip(*expected, strict=True))
    distances = ((measured - means) ** 2 / variances).sum(axis=2)
    # The likelihood is one of positions in widths of the face, not in pixels.
    volumes = np.log(variances).sum(axis=2) - 4.0 * means[..., 2]
    return np.where(distances > _GATE, np.inf, distances + volumes)


def measurement(box: Box) -> npt.NDArray[np.float64]:
    """Centre of a box in x and y, log(width) and log(height)."""
    x, y = box.center
    # A box of less than a pixel says nothing about the size.
    width, height = max(box.width, 1.0), max(box.height, 1.0)
    return np.array([x, y, math.log(width), math.log(height)])
