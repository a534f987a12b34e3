# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the overlay draws, and that it never breaks on a box."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.rendering.overlay import OverlayAnnotator
from mask_proximity.core.rendering.settings import DrawingSettings
from mask_proximity.core.rendering.style import FACE_COLORS, LEVEL_COLORS
from mask_proximity.core.types import Alert, Box, Face, Level, MaskState, Reason


def make_face(state: MaskState, level: Level, box: Box | None = None, **changes: float) -> Face:
    return Face(
        box=box or Box(200, 150, 300, 280),
        detection_score=0.9,
        mask_probability=0.01,
        mask_state=state,
        width_ratio=0.15,
        level=level,
        **changes,  # type: ignore[arg-type]
    )


def make_alert(level: Level, *faces: Face, text: str = 'text') -> Alert:
    return Alert(level, Reason.NO_FACE, text, 0, faces)


def gray() -> np.ndarray:
    return np.full((480, 640, 3), 90, np.uint8)


def has_color(picture: np.ndarray, color: tuple[int, int, int]) -> bool:
    return bool((picture == color).all(axis=-1).any())


@pytest.mark.parametrize('state', list(MaskState))
def test_the_box_has_the_colour_of_its_state(state: MaskState) -> None:
    drawn = OverlayAnnotator().annotate(
        gray(), make_alert(Level.CLEAR, make_face(state, Level.CLEAR))
    )
    assert tuple(drawn[200, 200]) == FACE_COLORS[state]
    assert tuple(drawn[200, 250]) == (90, 90, 90)


def test_maintain_distance_is_red_and_only_on_alert() -> None:
    box_above = np.s_[90:128, 200:380]
    calm = make_face(MaskState.NO_MASK, Level.CLEAR)
    near = make_face(MaskState.NO_MASK, Level.ALERT)
    red = LEVEL_COLORS[Level.ALERT]
    annotator = OverlayAnnotator()
    assert has_color(annotator.annotate(gray(), make_alert(Level.ALERT, near))[box_above], red)
    assert not has_color(annotator.annotate(gray(), make_alert(Level.CLEAR, calm))[box_above], red)


@pytest.mark.parametrize('level', list(Level))
def test_the_level_stands_in_the_corner(level: Level) -> None:
    drawn = OverlayAnnotator().annotate(gray(), make_alert(level))
    assert tuple(drawn[474, 7]) == LEVEL_COLORS[level]


def test_the_picture_itself_stays_as_it_was() -> None:
    picture = gray()
    OverlayAnnotator().annotate(
        picture, make_alert(Level.ALERT, make_face(MaskState.MASK, Level.ALERT))
    )
    np.testing.assert_array_equal(picture, gray())


def test_the_distance_is_drawn_where_it_is_known_and_wanted() -> None:
    below = np.s_[282:300, 200:260]
    known = make_alert(Level.CLEAR, make_face(MaskState.MASK, Level.CLEAR, distance=1.5))
    unknown = make_alert(Level.CLEAR, make_face(MaskState.MASK, Level.CLEAR))
    color = FACE_COLORS[MaskState.MASK]
    assert has_color(OverlayAnnotator().annotate(gray(), known)[below], color)
    assert not has_color(OverlayAnnotator().annotate(gray(), unknown)[below], color)
    hidden = OverlayAnnotator(DrawingSettings(draw_distance=False)).annotate(gray(), known)
    assert not has_color(hidden[below], color)


def test_below_the_box_stands_who_it_is_and_how_fast_he_comes_nearer() -> None:
    def drawn(**changes: object) -> np.ndarray:
        face = make_face(MaskState.MASK, Level.CLEAR, **changes)
        return OverlayAnnotator().annotate(gray(), make_alert(Level.CLEAR, face))

    def width(picture: np.ndarray) -> int:
        return int((picture[300] == FACE_COLORS[MaskState.MASK]).all(axis=-1).sum())

    assert width(drawn()) == 0
    widths = [
        width(drawn(track_id='3')),
        width(drawn(track_id='3', distance=1.5)),
        width(drawn(track_id='3', distance=1.5, approach_speed=0.8)),
    ]
    assert 0 < widths[0] < widths[1] < widths[2]
    for slow in (0.1, -0.8, math.nan):
        assert width(drawn(track_id='3', distance=1.5, approach_speed=slow)) == widths[1]


def test_faces_are_blurred_only_where_asked_and_before_anything_is_drawn() -> None:
    stripes = np.tile(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8), (480, 320, 1))
    alert = make_alert(Level.CLEAR, make_face(MaskState.MASK, Level.CLEAR))
    small = Box(500, 100, 515, 118)
    inside, other, far = np.s_[200:250, 220:280], np.s_[104:114, 503:512], np.s_[10:60, 10:60]
    clear = OverlayAnnotator().annotate(stripes, alert, [small])
    for place in (inside, other, far):
        np.testing.assert_array_equal(clear[place], stripes[place])
    blurred = OverlayAnnotator(DrawingSettings(blur_faces=True)).annotate(stripes, alert, [small])
    assert np.ptp(blurred[inside]) < 16 and np.ptp(blurred[other]) < 16
    np.testing.assert_array_equal(blurred[far], stripes[far])
    # The box lies on top.
    assert tuple(blurred[200, 200]) == FACE_COLORS[MaskState.MASK]


@pytest.mark.parametrize('style', ['default', 'tutorial'])
def test_the_working_width_stretches_picture_and_boxes_but_no_heights(style: str) -> None:
    alert = make_alert(Level.CLEAR, make_face(MaskState.MASK, Level.CLEAR))
    drawn = OverlayAnnotator(DrawingSettings(style=style, working_width=1280)).annotate(
        gray(), alert
    )
    assert drawn.shape == (480, 1280, 3)
    # 200 to 300 of 640 is 400 to 600 of 1280; rows 150 to 280 stay.
    for x, y in ((400, 200), (600, 200), (500, 150), (500, 280)):
        assert tuple(drawn[y, x]) == FACE_COLORS[MaskState.MASK]


@pytest.mark.parametrize('style', ['default', 'tutorial'])
@settings(max_examples=60)
@given(
    st.integers(1, 700),
    st.integers(1, 700),
    st.floats(-1e4, 1e4),
    st.floats(-1e4, 1e4),
    st.floats(0, 1e4),
    st.floats(0, 1e4),
)
def test_any_box_on_any_picture(
    style: str,
    width: int,
    height: int,
    x: float,
    y: float,
    box_width: float,
    box_height: float,
) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    box = Box(x, y, x + box_width, y + box_height)
    drawn = OverlayAnnotator(DrawingSettings(style=style, blur_faces=True)).annotate(
        picture, make_alert(Level.ALERT, make_face(MaskState.NO_MASK, Level.ALERT, box))
    )
    assert drawn.shape == picture.shape and drawn.dtype == np.uint8
