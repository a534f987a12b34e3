# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Positions before the camera: the pinhole law, there and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.ranging.pinhole import Pinhole, bearing, position
from mask_proximity.core.types import Box, DistanceSource

CAMERA = Pinhole(640, 480, 500.0, 500.0, 320.0, 240.0)
K = [500.0, 0.0, 330.0, 0.0, 510.0, 250.0, 0.0, 0.0, 1.0]

pixels = st.floats(0.0, 2000.0)
sizes = st.floats(1.0, 500.0)
metres = st.floats(0.1, 50.0)
focal_lengths = st.floats(50.0, 5000.0)


def box(x: float, y: float, width: float = 100.0, height: float = 130.0) -> Box:
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


@pytest.mark.parametrize(
    ('center', 'expected'),
    [
        ((320, 240), (0.0, 0.0, 2.0)),
        ((570, 240), (1.0, 0.0, 2.0)),  # to the right: +x
        ((320, 490), (0.0, 1.0, 2.0)),  # below: +y
        ((70, -10), (-1.0, -1.0, 2.0)),
    ],
)
def test_the_axes_are_those_of_rep_103(
    center: tuple[float, float], expected: tuple[float, float, float]
) -> None:
    assert position(box(*center), 2.0, CAMERA) == pytest.approx(expected)


@given(pixels, pixels, sizes, sizes, metres, focal_lengths, focal_lengths, pixels, pixels)
def test_a_position_projects_back_onto_the_centre_of_its_box(
    u: float,
    v: float,
    width: float,
    height: float,
    distance: float,
    fx: float,
    fy: float,
    cx: float,
    cy: float,
) -> None:
    place = position(box(u, v, width, height), distance, Pinhole(640, 480, fx, fy, cx, cy))
    assert place is not None
    x, y, z = place
    assert z == distance
    assert (fx * x / z + cx, fy * y / z + cy) == pytest.approx((u, v), abs=1e-6)


@given(pixels, pixels, metres, st.integers(1, 8))
def test_an_image_of_another_size_shows_the_same_place(
    u: float, v: float, distance: float, factor: int
) -> None:
    full = Pinhole.calibrated(1280, 960, K, 1280, 960)
    scaled = Pinhole.calibrated(1280 * factor, 960 * factor, K, 1280, 960)
    assert full is not None and scaled is not None
    there = position(box(u, v), distance, full)
    again = position(box(u * factor, v * factor), distance, scaled)
    assert there == pytest.approx(again, abs=1e-9)


@pytest.mark.parametrize(
    'k',
    [[0.0] * 9, [math.nan] * 9, [-1.0, *K[1:]], [*K[:4], 0.0, *K[5:]], [*K[:2], math.inf, *K[3:]]],
)
def test_what_is_no_calibration_is_none(k: list[float]) -> None:
    assert Pinhole.calibrated(640, 480, k, 640, 480) is None


@pytest.mark.parametrize('size', [(0, 480), (640, 0)])
def test_a_calibration_of_no_size_is_none(size: tuple[int, int]) -> None:
    assert Pinhole.calibrated(640, 480, K, *size) is None


@given(st.floats(0.3, 3.0), st.floats(0.3, 3.0))
def test_of_another_aspect_nobody_is_farther_than_by_either_scale(x: float, y: float) -> None:
    width, height = round(1280 * x), round(960 * y)
    camera = Pinhole.calibrated(width, height, K, 1280, 960)
    assert camera is not None
    assert camera.fx <= 500.0 * max(width / 1280, height / 960) * 1.001
    if abs(x / y - 1.0) > 0.05:
        assert camera.source is DistanceSource.FACE_WIDTH_FOV
        assert camera.fx == pytest.approx(500.0 * min(width / 1280, height / 960))
        assert camera.fx / camera.fy == pytest.approx(500.0 / 510.0)


def test_a_crop_keeps_the_axis_in_its_place() -> None:
    camera = Pinhole.calibrated(640, 360, [500.0, 0, 324, 0, 500, 238, 0, 0, 1], 640, 480)
    assert camera is not None
    assert (camera.cx, camera.cy) == pytest.approx((323.0, 178.5))


@pytest.mark.parametrize('distance', [math.nan, math.inf, 0.0, -1.0])
def test_without_a_distance_there_is_no_position(distance: float) -> None:
    assert position(box(100, 100), distance, CAMERA) is None


def test_without_a_focal_length_there_is_no_position() -> None:
    assert position(box(100, 100), 2.0, Pinhole.from_fov(640, 480, 0.0)) is None


def test_a_right_angle_of_view() -> None:
    camera = Pinhole.from_fov(640, 480, math.pi / 2)
    assert (camera.fx, camera.fy) == pytest.approx((320, 320))
    assert (camera.cx, camera.cy) == (320, 240)
    assert camera.source is DistanceSource.FACE_WIDTH_FOV


@pytest.mark.parametrize('fov', [0.0, -1.0, math.pi, 7.0])
def test_no_field_of_view_no_camera(fov: float) -> None:
    camera = Pinhole.from_fov(640, 480, fov)
    assert camera.source is DistanceSource.NONE
    assert math.isnan(camera.fx) and math.isnan(bearing(box(100, 100), camera))


@given(st.floats(-10.0, 10.0), metres, focal_lengths, pixels)
def test_the_bearing_is_that_of_the_position(x: float, z: float, fx: float, cx: float) -> None:
    camera = Pinhole(640, 480, fx, fx, cx, 240.0)
    seen = bearing(box(fx * x / z + cx, 240.0), camera)
    assert seen == pytest.approx(-math.atan2(x, z), abs=1e-9)
