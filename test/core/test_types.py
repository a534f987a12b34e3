# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Boxes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.types import Box

coordinates = st.floats(-2000, 2000, allow_nan=False)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    coordinates,
    coordinates,
    st.floats(0, 3000),
    st.floats(0, 3000),
)


@given(boxes, st.integers(1, 4000), st.integers(1, 4000))
def test_clamped_lies_inside_on_all_sides(box: Box, width: int, height: int) -> None:
    clamped = box.clamped(width, height)
    assert 0 <= clamped.x1 <= clamped.x2 <= width
    assert 0 <= clamped.y1 <= clamped.y2 <= height


@given(boxes, boxes)
def test_iou_is_symmetric_and_bounded(first: Box, second: Box) -> None:
    assert first.iou(second) == pytest.approx(second.iou(first))
    assert 0.0 <= first.iou(second) <= 1.0


def test_iou_of_half_overlap() -> None:
    assert Box(0, 0, 2, 1).iou(Box(1, 0, 3, 1)) == pytest.approx(1 / 3)
    assert Box(0, 0, 0, 0).iou(Box(0, 0, 0, 0)) == 0.0


def test_expanded_grows_on_every_side() -> None:
    assert Box(10, 20, 30, 60).expanded(0.5) == Box(0, 0, 40, 80)


def test_a_reversed_box_has_no_size() -> None:
    assert (Box(5, 5, 1, 1).width, Box(5, 5, 1, 1).height) == (0.0, 0.0)
