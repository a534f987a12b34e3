# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A Kalman filter of a value and of how fast it changes.

So small a filter needs no matrices: cv2.KalmanFilter and NumPy take ten times as long, for the
calls alone, and every face has five of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class RateFilter:
    """What is known of a value that is measured, and of its rate, which is not.

    R. E. Kalman, A New Approach to Linear Filtering and Prediction Problems, 1960.

    Attributes:
        value: as believed.
        variance: of the value.
        rate: as believed, in parts of the value per second.
        rate_variance: of the rate.
        covariance: of both.
    """

    value: float
    variance: float
    rate: float = 0.0
    rate_variance: float = 0.0
    covariance: float = 0.0

    def predict(
        self,
        value: float,
        by_value: float,
        by_rate: float,
        noise: tuple[float, float, float],
    ) -> None:
        """Move on in time; the rate stays.

        Args:
            value: of then, by the belief of now.
            by_value: its derivative after the value of now.
            by_rate: its derivative after the rate.
            noise: what time adds to the variance, the covariance and the variance of the rate.
        """
        self.value = value
        self.variance = (
            by_value * (by_value * self.variance + 2.0 * by_rate * self.covariance)
            + by_rate**2 * self.rate_variance
            + noise[0]
        )
        self.covariance = by_value * self.covariance + by_rate * self.rate_variance + noise[1]
        self.rate_variance += noise[2]

    def correct(self, measured: float, variance: float) -> None:
        """Take in a measurement.

        Args:
            measured: the value.
            variance: of its noise, above 0.
        """
        total = self.variance + variance
        gain, rate_gain = self.variance / total, self.covariance / total
        surprise = measured - self.value
        self.value += gain * surprise
        self.rate += rate_gain * surprise
        self.rate_variance -= rate_gain * self.covariance
        self.covariance -= gain * self.covariance
        self.variance -= gain * self.variance


def white_acceleration(seconds: float, density: float) -> tuple[float, float, float]:
    """What a rate that is pushed at random adds to the variances, see RateFilter.predict.

    Y. Bar-Shalom, X. R. Li, T. Kirubarajan, Estimation with Applications to Tracking and
    Navigation, 2001, 6.2.2.

    Args:
        seconds: that passed.
        density: of the spectrum of the acceleration, value^2 / s^3.
    """
    return density * seconds**3 / 3.0, density * seconds**2 / 2.0, density * seconds
