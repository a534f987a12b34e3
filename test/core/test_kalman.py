# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The filter in closed form gives what OpenCV's matrices give."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.kalman import RateFilter, white_acceleration

STEPS = st.lists(
    st.tuples(
        st.floats(0.0, 1.0), st.floats(0.2, 2.0), st.floats(-20.0, 20.0), st.floats(0.01, 10.0)
    ),
    min_size=1,
    max_size=20,
)


@given(STEPS, st.floats(0.01, 100.0), st.floats(0.0, 100.0))
@settings(max_examples=60, deadline=None)
def test_as_opencv_has_it(
    steps: list[tuple[float, float, float, float]], variance: float, rate_variance: float
) -> None:
    ours = RateFilter(3.0, variance, 0.5, rate_variance)
    theirs = cv2.KalmanFilter(2, 1, 0, cv2.CV_64F)
    theirs.measurementMatrix = np.array([[1.0, 0.0]])
    theirs.statePost = np.array([[3.0], [0.5]])
    theirs.errorCovPost = np.diag([variance, rate_variance])
    for seconds, growth, measured, noise in steps:
        pushed = white_acceleration(seconds, 2.0)
        ours.predict(growth * ours.value + seconds * ours.rate, growth, seconds, pushed)
        ours.correct(measured, noise)
        theirs.transitionMatrix = np.array([[growth, seconds], [0.0, 1.0]])
        theirs.processNoiseCov = np.array([[pushed[0], pushed[1]], [pushed[1], pushed[2]]])
        theirs.measurementNoiseCov = np.array([[noise]])
        theirs.predict()
        theirs.correct(np.array([[measured]]))
        np.testing.assert_allclose(
            [ours.value, ours.rate], theirs.statePost[:, 0], rtol=1e-7, atol=1e-7
        )
        np.testing.assert_allclose(
            [[ours.variance, ours.covariance], [ours.covariance, ours.rate_variance]],
            theirs.errorCovPost,
            rtol=1e-7,
            atol=1e-7,
        )


def test_noise_adds_up_over_time() -> None:
    once = RateFilter(0.0, 0.0)
    once.predict(0.0, 1.0, 0.7, white_acceleration(0.7, 3.0))
    often = RateFilter(0.0, 0.0)
    for _ in range(7):
        often.predict(0.0, 1.0, 0.1, white_acceleration(0.1, 3.0))
    np.testing.assert_allclose(
        (often.variance, often.covariance, often.rate_variance),
        (once.variance, once.covariance, once.rate_variance),
    )
