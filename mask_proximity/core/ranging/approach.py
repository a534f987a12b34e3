# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Approach speed of people, by a small Kalman filter for each track.

Its state is the inverse distance s (1/m) and the approach speed v (m/s). The width of a box in
pixels is proportional to s, so that the noise of s is the same near and far, and a constant speed
is exact: after t seconds s is s / (1 - s v t). That makes it an extended filter, linearized about
the newest state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.ranging.distance import Range
from mask_proximity.core.ranging.settings import RangingSettings
from mask_proximity.core.types import NANOSECONDS

WALKING_SPEED = 1.4
"""Walking speed of people in metres per second: the standard deviation of an unknown speed."""

KNOWN_SPEED = 0.5
"""A speed is reported if its standard deviation is below this, in metres per second."""

# Spectral density of the white acceleration of a walking person in m^2/s^3: the speed changes by
# about 1 m/s within a second, as when people start and stop.
_ACCELERATION_PSD = 1.0
# Boxes that are less than this many seconds apart have the same error.
_NOISE_TIME = 0.1
# A time to contact is reported if the speed exceeds 0 by this many standard deviations.
_SURE = 2.0
# Least distance in metres, so that a prediction never passes through the camera.
_NEAREST = 0.1


@dataclass(frozen=True, slots=True)
class Motion:
    """The distance of a person and its change.

    Attributes:
        range: Range, smoothed over the frames so far.
        approach_speed: Speed towards the camera in metres per second; NaN until it is known.
        time_to_contact: Time to contact in seconds; NaN if unknown or not approaching.
    """

    range: Range
    approach_speed: float = math.nan
    time_to_contact: float = math.nan


class ApproachEstimator:
    """Estimates the distance and the approach speed of every track."""

    def __init__(self) -> None:
        self._tracks: dict[str, _ApproachFilter] = {}
        self._stamp: int | None = None
        self._scale: tuple[float, float] | None = None

    def update(
        self,
        stamp: int,
        ranges: Mapping[str, Range],
        settings: RangingSettings,
        track_memory: float,
    ) -> dict[str, Motion]:
        """Update the tracks with the ranges of a frame.

        Args:
            stamp: Frame timestamp in nanoseconds. If time goes backwards, all tracks are dropped.
            ranges: Ranges of the faces in the frame, by track id.
            settings: The settings that `ranges` were computed with. All tracks are dropped when
                face_width or horizontal_fov changes.
            track_memory: Seconds after which a track that is not seen is dropped.

        Returns:
            The motion of each of `ranges`.
        """
        # These two set the scale of all distances, so that distances from before a calibration are
        # not comparable.
        scale = settings.face_width, settings.horizontal_fov
        if (self._stamp is not None and stamp < self._stamp) or scale != self._scale:
            self.reset()
        self._stamp, self._scale = stamp, scale
        memory = track_memory * NANOSECONDS
        self._tracks = {
            track: filter_
            for track, filter_ in self._tracks.items()
            if stamp - filter_.stamp <= memory
        }
        return {track: self._follow(track, stamp, range_) for track, range_ in ranges.items()}

    def _follow(self, track: str, stamp: int, range_: Range) -> Motion:
        if not (range_.distance > 0.0 and range_.noise >= 0.0):
            return Motion(range_)
        filter_ = self._tracks.get(track)
        if filter_ is None:
            filter_ = self._tracks[track] = _ApproachFilter(stamp, range_)
        else:
            filter_.update(stamp, range_)
        return filter_.motion(range_)

    def reset(self) -> None:
        """Drop all tracks."""
        self._tracks.clear()


class _ApproachFilter:
    """The filter of one track."""

    def __init__(self, stamp: int, range_: Range) -> None:
        self.stamp = stamp
        self._source = range_.source
        self._filter = cv2.KalmanFilter(2, 1, 0, cv2.CV_64F)
        self._filter.measurementMatrix = np.array([[1.0, 0.0]])
        inverse, variance = _measurement(range_)
        self._set(inverse, 0.0, np.diag([variance, WALKING_SPEED**2]))

    def _set(self, inverse: float, speed: float, covariance: npt.NDArray[np.float64]) -> None:
        self._filter.statePost = np.array([[inverse], [speed]])
        self._filter.errorCovPost = covariance

    def update(self, stamp: int, range_: Range) -> None:
        seconds = (stamp - self.stamp) / NANOSECONDS
        self.stamp = stamp
        self._predict(seconds)
        measured, variance = _measurement(range_)
        if range_.source is not self._source:
            # The two sources have different errors: the speed is kept, and the jump in distance is
            # not taken for a movement.
            self._source = range_.source
            speed = float(self._filter.statePre[1, 0])
            self._set(measured, speed, np.diag([variance, self._filter.errorCovPre[1, 1]]))
            return
        variance *= max(1.0, _NOISE_TIME / max(seconds, 1e-3))
        self._filter.measurementNoiseCov = np.array([[variance]])
        self._filter.correct(np.array([[measured]]))
        inverse, speed = self._filter.statePost[:, 0]
        self._filter.statePost = np.array([[_within(inverse)], [speed]])

    def _predict(self, seconds: float) -> None:
        inverse, speed = (float(value) for value in self._filter.statePost[:, 0])
        left = 1.0 - inverse * speed * seconds
        ahead = _within(inverse / left) if left > 0.0 else 1.0 / _NEAREST
        # Derivatives of s / (1 - s v t) by s and v, expressed by the predicted value.
        grown = ahead / inverse
        self._filter.transitionMatrix = np.array([[grown**2, ahead**2 * seconds], [0.0, 1.0]])
        # White acceleration adds t^3/3, t^2/2 and t to the covariance of distance and speed;
        # ds = -s^2 dz, and v = -dz/dt.
        square = ahead**2
        self._filter.processNoiseCov = _ACCELERATION_PSD * np.array(
            [
                [square**2 * seconds**3 / 3.0, square * seconds**2 / 2.0],
                [square * seconds**2 / 2.0, seconds],
            ]
        )
        self._filter.predict()
        self._filter.statePre = np.array([[ahead], [speed]])

    def motion(self, range_: Range) -> Motion:
        inverse, speed = (float(value) for value in self._filter.statePost[:, 0])
        covariance = self._filter.errorCovPost
        distance = 1.0 / inverse
        noise = math.sqrt(max(covariance[0, 0], 0.0)) * distance**2
        # A face that is narrower than most is so in every frame: smoothing reduces only the noise.
        systematic = math.sqrt(max(range_.stddev**2 - range_.noise**2, 0.0)) / range_.distance
        stddev = math.hypot(systematic * distance, noise)
        smoothed = replace(range_, distance=distance, stddev=stddev, noise=noise)
        deviation = math.sqrt(max(covariance[1, 1], 0.0))
        if not deviation < KNOWN_SPEED:
            return Motion(smoothed)
        contact = distance / speed if speed > _SURE * deviation else math.nan
        return Motion(smoothed, speed, contact)


def _measurement(range_: Range) -> tuple[float, float]:
    """Inverse distance in 1/m and the variance of its noise."""
    inverse = _within(1.0 / range_.distance)
    # With a noise of exactly 0 the filter would keep its first value forever.
    return inverse, max(range_.noise * inverse**2, 1e-4) ** 2


def _within(inverse: float) -> float:
    return min(max(inverse, 1e-3), 1.0 / _NEAREST)
