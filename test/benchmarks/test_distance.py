# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of distances measure what they say."""

from __future__ import annotations

import pytest

from benchmarks import distance, face_width
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import Box, FaceDetection


def test_the_true_width_comes_back() -> None:
    settings = DetectorSettings()
    after = distance.calibrated(load_face_detector(settings), settings)
    assert after.face_width == pytest.approx(0.14, rel=0.05)


def test_lengths_follow_the_line_of_the_eyes() -> None:
    box = Box(0, 0, 80, 100)
    # Tilted by a right angle: the eyes lie one above the other, the mouth to their left.
    landmarks = ((60.0, 20.0), (60.0, 60.0), (45.0, 46.0), (20.0, 30.0), (20.0, 50.0))
    measured = face_width.measure(box, FaceDetection(box, 0.9, landmarks), 'no_mask')
    assert (measured.eyes, measured.height, measured.nose) == pytest.approx((40.0, 40.0, 0.15))
    table = face_width.report([measured] * 3)
    assert '| 0.1 to 0.2 | 3 | 1.00 |' in table
