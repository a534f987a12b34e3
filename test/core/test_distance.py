# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Metres by the pinhole law."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.distance import FocalLength, face_distance
from mask_proximity.core.scene import DistanceSource


def test_a_right_angle_of_view() -> None:
    focal = FocalLength.from_fov(640, math.pi / 2)
    assert focal.pixels == pytest.approx(320)
    assert focal.source is DistanceSource.FACE_WIDTH_FOV
    assert face_distance(32, 0.14, focal) == pytest.approx(1.4)


@pytest.mark.parametrize('fov', [0.0, -1.0, math.pi, 7.0])
def test_no_field_of_view_no_distance(fov: float) -> None:
    focal = FocalLength.from_fov(640, fov)
    assert focal.source is DistanceSource.NONE
    assert math.isnan(face_distance(50, 0.14, focal))


def test_a_calibration_follows_the_resolution() -> None:
    focal = FocalLength.from_calibration(320, 600.0, 640)
    assert focal == FocalLength(300.0, DistanceSource.FACE_WIDTH_CALIBRATED)


@pytest.mark.parametrize(('fx', 'width'), [(0.0, 640), (math.nan, 640), (-5.0, 640), (600.0, 0)])
def test_an_uncalibrated_camera_has_no_focal_length(fx: float, width: int) -> None:
    assert FocalLength.from_calibration(640, fx, width).source is DistanceSource.NONE


def test_an_empty_box_has_no_distance() -> None:
    assert math.isnan(face_distance(0.0, 0.14, FocalLength.from_fov(640, 1.0)))


@given(st.floats(0.2, 20), st.floats(0.1, 3.0), st.integers(64, 8000))
def test_the_distance_of_a_projected_face_comes_back(
    distance: float, fov: float, image_width: int
) -> None:
    focal = FocalLength.from_fov(image_width, fov)
    projected = focal.pixels * 0.14 / distance
    assert face_distance(projected, 0.14, focal) == pytest.approx(distance)
