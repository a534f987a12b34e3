# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Metres by the pinhole law."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.distance import face_range
from mask_proximity.core.geometry import Pinhole
from mask_proximity.core.scene import Box, DistanceSource, FaceDetection

SETTINGS = DetectorSettings(face_width=0.14)


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
