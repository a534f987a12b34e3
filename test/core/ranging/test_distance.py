# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Metres by the pinhole law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.ranging.depth import DepthImage
from mask_proximity.core.ranging.distance import face_range
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.ranging.settings import RangingSettings
from mask_proximity.core.types import Box, DistanceSource, FaceDetection

SETTINGS = RangingSettings(face_width=0.14)
NOMINAL = Pinhole.from_fov(640, 480, 1.0)
CALIBRATED = Pinhole.calibrated(640, 480, [600.0, 0, 320, 0, 600, 240, 0, 0, 1], 640, 480)
assert CALIBRATED is not None


def face(width: float) -> FaceDetection:
    return FaceDetection(Box(100.0, 100.0, 100.0 + width, 100.0 + 1.3 * width), 0.9)


def test_a_right_angle_of_view() -> None:
    range_ = face_range(face(32.0), Pinhole.from_fov(640, 480, math.pi / 2), SETTINGS)
    assert range_.distance == pytest.approx(1.4)
    assert range_.source is DistanceSource.FACE_WIDTH_FOV


def test_without_a_camera_there_is_no_distance() -> None:
    range_ = face_range(face(32.0), Pinhole.from_fov(640, 480, 0.0), SETTINGS)
    assert math.isnan(range_.distance) and range_.source is DistanceSource.NONE


def test_an_empty_box_has_no_distance() -> None:
    range_ = face_range(face(0.0), Pinhole.from_fov(640, 480, 1.0), SETTINGS)
    assert math.isnan(range_.distance) and range_.source is DistanceSource.NONE


@given(st.floats(0.2, 20), st.floats(0.1, 3.0), st.integers(64, 8000))
def test_the_distance_of_a_projected_face_comes_back(
    distance: float, fov: float, image_width: int
) -> None:
    camera = Pinhole.from_fov(image_width, 480, fov)
    projected = camera.fx * SETTINGS.face_width / distance
    range_ = face_range(face(projected), camera, SETTINGS)
    assert range_.distance == pytest.approx(distance)


def turned(width: float, nose: float) -> FaceDetection:
    """A face whose nose is off the middle of its eyes by `nose` times their distance."""
    eye = 0.46 * width
    x = 100.0 + width / 2.0
    landmarks = ((x - eye / 2, 140.0), (x + eye / 2, 140.0), (x + nose * eye, 165.0))
    return FaceDetection(face(width).box, 0.9, landmarks)


@given(st.floats(4.0, 400.0), st.floats(-3.0, 3.0))
def test_a_turned_head_is_never_farther_than_its_box_says(width: float, nose: float) -> None:
    plain = face_range(face(width), NOMINAL, SETTINGS)
    range_ = face_range(turned(width, nose), NOMINAL, SETTINGS)
    assert plain.distance / 1.1 < range_.distance <= plain.distance
    if abs(nose) < 0.29:
        assert range_ == plain
    if abs(nose) > 0.61:
        assert range_.distance < 0.95 * plain.distance


def test_landmarks_in_one_place_tell_nothing() -> None:
    same = FaceDetection(face(40.0).box, 0.9, ((5.0, 5.0),) * 5)
    assert face_range(same, NOMINAL, SETTINGS) == face_range(face(40.0), NOMINAL, SETTINGS)


@pytest.mark.parametrize('box', [Box(0, 100, 60, 260), Box(580, 100, 640, 260)])
def test_a_face_cut_by_the_edge_is_as_near_as_its_height_says(box: Box) -> None:
    whole = face_range(FaceDetection(Box(200, 100, 260, 260), 0.9), NOMINAL, SETTINGS)
    cut = face_range(FaceDetection(box, 0.9), NOMINAL, SETTINGS)
    assert cut.distance == pytest.approx(whole.distance * 60 * 1.33 / 160)
    assert cut.stddev / cut.distance > whole.stddev / whole.distance


def test_the_doubt_grows_with_distance_and_with_what_is_not_known() -> None:
    assert CALIBRATED is not None
    relative = []
    for width in (160.0, 80.0, 40.0, 20.0):
        known = face_range(face(width), CALIBRATED, SETTINGS)
        nominal = face_range(face(width), NOMINAL, SETTINGS)
        assert 0.0 < known.noise < known.stddev
        assert known.stddev / known.distance < nominal.stddev / nominal.distance
        relative.append(known.stddev / known.distance)
    assert relative == sorted(relative) and 0.1 < relative[0] < relative[-1] < 0.2


def test_depth_wins_where_it_has_measured_the_face() -> None:
    metres = np.full((480, 640), np.nan, np.float32)
    nothing = face_range(face(64.0), NOMINAL, SETTINGS, DepthImage(metres, 0))
    assert nothing.source is DistanceSource.FACE_WIDTH_FOV
    metres[:] = 2.5
    unknown = Pinhole.from_fov(640, 480, 0.0)
    for camera in (NOMINAL, unknown):
        range_ = face_range(face(64.0), camera, SETTINGS, DepthImage(metres, 0))
        assert (range_.distance, range_.source) == (2.5, DistanceSource.DEPTH)
        assert range_.stddev == pytest.approx(0.05)
