# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A blurred face is gone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.models.description import FACE_SSD, ModelDescription, models_directory
from mask_proximity.core.rendering.blur import CELLS, MARGIN, blur_faces
from mask_proximity.core.types import Box, Image

FACE = Box(180, 58, 272, 175)
"""In the portrait."""


def region(picture: Image, box: Box) -> Image:
    grown = box.expanded(MARGIN)
    return picture[round(grown.y1) : round(grown.y2), round(grown.x1) : round(grown.x2)]


def test_the_detector_finds_no_face_any_more(portrait: Image) -> None:
    detector = SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))
    (found,) = detector.detect(portrait, 0.5)
    assert found.box.iou(FACE) > 0.9
    blurred = portrait.copy()
    blur_faces(blurred, [found.box])
    assert detector.detect(blurred, 0.5) == []


def test_only_a_few_numbers_are_left_of_a_face(portrait: Image) -> None:
    """Two faces with the same averages cannot be told apart: nothing else goes into the blur."""
    blurred = portrait.copy()
    blur_faces(blurred, [FACE])
    values = region(blurred, FACE).astype(float)
    for channel in range(3):
        singular = np.linalg.svd(values[..., channel], compute_uv=False)
        # Of rank CELLS but for the rounding to whole values.
        assert singular[CELLS:].max() < 0.01 * singular[0]


def test_hair_and_chin_go_too_and_nothing_else(portrait: Image) -> None:
    blurred = portrait.copy()
    blur_faces(blurred, [FACE])
    changed = np.argwhere((blurred != portrait).any(axis=-1))
    (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
    grown = FACE.expanded(MARGIN)
    assert abs(top - grown.y1) < 3 and abs(bottom - grown.y2) < 3
    assert abs(left - grown.x1) < 3 and abs(right - grown.x2) < 3


@settings(max_examples=60)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.floats(-100, 100),
    st.floats(-100, 100),
    st.floats(0, 200),
    st.floats(0, 200),
)
def test_any_box_on_any_picture(
    width: int, height: int, x: float, y: float, box_width: float, box_height: float
) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    before = picture.copy()
    box = Box(x, y, x + box_width, y + box_height)
    blur_faces(picture, [box])
    inside = np.zeros((height, width), bool)
    grown = box.expanded(MARGIN).clamped(width, height)
    inside[
        int(np.floor(grown.y1)) : int(np.ceil(grown.y2)),
        int(np.floor(grown.x1)) : int(np.ceil(grown.x2)),
    ] = True
    np.testing.assert_array_equal(picture[~inside], before[~inside])
