# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Drawing as the tutorial did, against its own few lines written down here once more."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.rendering.overlay import OverlayAnnotator
from mask_proximity.core.rendering.settings import DrawingSettings
from mask_proximity.core.types import Alert, Box, Face, Image, Level, MaskState, Reason

TUTORIAL = DrawingSettings(style='tutorial', working_width=600)
RED = (0, 0, 255)


def make_face(
    ints: tuple[int, int, int, int],
    mask_probability: float,
    level: Level = Level.CLEAR,
    width: int = 600,
) -> Face:
    """A face whose box had whole pixels in the working picture and was brought back from there."""
    x1, y1, x2, y2 = ints
    state = MaskState.MASK if mask_probability > 0.75 else MaskState.NO_MASK
    box = Box(x1 * (width / 600), y1, x2 * (width / 600), y2)
    return Face(box, 0.9, mask_probability, state, (x2 - x1) / 600, level)


def annotate(picture: Image, *faces: Face) -> Image:
    return OverlayAnnotator(TUTORIAL).annotate(
        picture, Alert(Level.CLEAR, Reason.NO_FACE, 'text', 0, faces)
    )


def by_the_tutorial(
    picture: Image, ints: tuple[int, int, int, int], mask: float, no_mask: float
) -> Image:
    frame = cv2.resize(picture, (600, picture.shape[0]))
    label = 'Mask' if mask > 0.75 else 'No Mask'
    color = (100, 155, 0) if label == 'Mask' else (0, 100, 155)
    text = f'{label}: {max(mask, no_mask) * 100:.2f}%'
    x1, y1, x2, y2 = ints
    cv2.putText(frame, text, (x1, y1 - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.45, color, 2)
    cv2.rectangle(frame, (x1, y1), (x2, y2), color, 2)
    return np.asarray(frame, np.uint8)


@pytest.mark.parametrize('mask', [0.9753, 0.76, 0.75, 0.5, 0.0247])
@pytest.mark.parametrize('width', [640, 600, 480, 1921, 317])
def test_it_is_the_same_picture(portrait: Image, mask: float, width: int) -> None:
    picture = cv2.resize(portrait, (width, 480))
    ints = (211, 57, 318, 174)
    expected = by_the_tutorial(picture, ints, mask, 1.0 - mask)
    np.testing.assert_array_equal(annotate(picture, make_face(ints, mask, width=width)), expected)


@pytest.mark.parametrize('state', [MaskState.UNSURE, MaskState.INCORRECT])
def test_there_are_two_labels_alone(portrait: Image, state: MaskState) -> None:
    face = make_face((211, 57, 318, 174), 0.02)
    other = dataclasses.replace(face, mask_state=state)
    np.testing.assert_array_equal(annotate(portrait, other), annotate(portrait, face))


@given(
    st.integers(1, 7680),
    st.tuples(st.integers(0, 599), st.integers(0, 599), st.integers(0, 599), st.integers(0, 599)),
)
def test_boxes_come_back_as_the_same_whole_pixels(
    width: int, ints: tuple[int, int, int, int]
) -> None:
    box = make_face(ints, 0.5, width=width).box.scaled_x(600 / width)
    assert tuple(round(value) for value in (box.x1, box.y1, box.x2, box.y2)) == ints


def reds(picture: Image) -> np.ndarray:
    return np.argwhere((picture == RED).all(axis=-1))


def test_the_warning_stands_above_the_right_corner_and_only_on_alert() -> None:
    picture = np.full((480, 600, 3), 90, np.uint8)
    ints = (200, 150, 290, 260)
    assert len(reds(annotate(picture, make_face(ints, 0.1, Level.CAUTION)))) == 0
    places = reds(annotate(picture, make_face(ints, 0.1, Level.ALERT)))
    top, left = places.min(axis=0)
    bottom, right = places.max(axis=0)
    assert bottom < 150 - 10 and top > 150 - 60
    assert left < 290 < right


@settings(max_examples=200)
@given(st.integers(-20, 620), st.integers(-20, 500), st.integers(61, 400), st.integers(61, 400))
def test_the_warning_is_whole_and_does_not_run_over_the_label(
    x: int, y: int, width: int, height: int
) -> None:
    picture = np.zeros((480, 600, 3), np.uint8)
    ints = (max(0, x), max(0, y), min(599, x + width), min(479, y + height))
    if ints[2] - ints[0] <= 60 or ints[3] <= ints[1]:
        return
    drawn = annotate(picture, make_face(ints, 0.1, Level.ALERT))
    whole = annotate(picture, make_face((200, 200, 300, 300), 0.1, Level.ALERT))
    assert len(reds(drawn)) == len(reds(whole))
    label = np.zeros_like(picture)
    origin = (ints[0], ints[1] - 10)
    cv2.putText(label, 'No Mask: 90.00%', origin, cv2.FONT_HERSHEY_SIMPLEX, 0.45, RED, 2)
    assert not {tuple(place) for place in reds(drawn)} & {tuple(place) for place in reds(label)}
