# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""One person at a known distance: what comes out, and what is refused."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.errors import CalibrationError
from mask_proximity.core.ranging.distance import face_range
from mask_proximity.core.ranging.distance_calibration import FaceWidths, parameter_lines
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.ranging.settings import RangingSettings
from mask_proximity.core.settings_table import with_values
from mask_proximity.core.types import Box, FaceDetection

SETTINGS = RangingSettings()
KNOWN = Pinhole.from_fov(640, 480, 1.0)
UNKNOWN = Pinhole.from_fov(640, 480, 0.0)


def box(width: float, left: float = 100.0) -> Box:
    return Box(left, 100.0, left + width, 100.0 + 1.3 * width)


@given(st.floats(0.5, 3.0), st.floats(0.11, 0.17), st.booleans())
def test_afterwards_the_distance_comes_out_right(
    distance: float, true_width: float, known: bool
) -> None:
    # The camera truly has 1 rad, whether anybody knows it or not.
    width = KNOWN.fx * true_width / distance
    camera = KNOWN if known else UNKNOWN
    widths = FaceWidths(distance)
    for _ in range(9):
        widths.add([box(width), box(0.4 * width, 400.0)], camera)
    made = widths.result(camera, SETTINGS)
    assert made.parameter == ('face_width' if known else 'horizontal_fov')
    settings = with_values(SETTINGS, {made.parameter: made.value})
    camera = camera if known else Pinhole.from_fov(640, 480, settings.horizontal_fov)
    range_ = face_range(FaceDetection(box(width), 0.9), camera, settings)
    assert range_.distance == pytest.approx(distance, rel=0.002)
    kept = yaml.safe_load(parameter_lines(made))
    assert kept == {'/**/detector_node': {'ros__parameters': {made.parameter: made.value}}}


@pytest.mark.parametrize(
    ('frames', 'sentence'),
    [
        ([], 'no image came'),
        ([[box(70)]] * 4, 'only 4 images show one face; expected at least 5'),
        ([[box(70)]] * 6 + [[]] * 4, 'no face is in 4 of 10 images'),
        ([[box(70)]] * 6 + [[box(70), box(60, 300)]] * 4, 'several faces .* 4 of 10 images'),
        ([[box(width)] for width in range(50, 100, 5)], 'width of the face varied by'),
        ([[box(200)]] * 9, r'would make face_width 0.341 m; expected 0.09 to 0.2'),
    ],
)
def test_what_does_not_tell_is_refused(frames: list[list[Box]], sentence: str) -> None:
    widths = FaceWidths(1.0)
    for faces in frames:
        widths.add(faces, KNOWN)
    with pytest.raises(CalibrationError, match=sentence):
        widths.result(KNOWN, SETTINGS)


@pytest.mark.parametrize('distance', [0.0, -1.0, 0.1, 11.0, math.nan, math.inf])
def test_nobody_stands_there(distance: float) -> None:
    with pytest.raises(CalibrationError, match='distance must be within'):
        FaceWidths(distance)


def test_images_of_two_sizes_are_refused() -> None:
    widths = FaceWidths(1.0)
    widths.add([box(70)], KNOWN)
    with pytest.raises(CalibrationError, match='changed their size'):
        widths.add([box(70)], Pinhole.from_fov(1280, 720, 1.0))
