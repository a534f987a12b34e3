# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A sprite is drawn where it belongs, at any size, without rims."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.sources.simulated.sprite import Sprite

# Odd, and so is its half: the halved sizes must not move.
SIZE = 99


def square(origin: tuple[float, float] = (0.0, 0.0)) -> Sprite:
    """A sprite of one colour, whose middle third is covered."""
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[33:66, 33:66] = 1.0
    return Sprite(np.full((SIZE, SIZE, 3), 200, np.uint8), alpha, origin)


@settings(max_examples=50)
@given(
    scale=st.floats(0.1, 2.0),
    place=st.tuples(st.floats(60.0, 140.0), st.floats(60.0, 140.0)),
    origin=st.tuples(st.integers(-20, 20), st.integers(-20, 20)),
)
def test_it_is_drawn_where_it_belongs(
    scale: float, place: tuple[float, float], origin: tuple[int, int]
) -> None:
    canvas = np.zeros((200, 200, 3), np.uint8)
    middle = SIZE / 2 + origin[0], SIZE / 2 + origin[1]
    shift = place[0] - scale * middle[0], place[1] - scale * middle[1]
    square((float(origin[0]), float(origin[1]))).draw(canvas, scale, shift)
    weight = canvas[..., 0] / 200.0
    # Half a pixel of its width: what a bilinear look at a level up to twice as fine costs.
    assert weight.sum() == pytest.approx((33.0 * scale) ** 2, abs=1.0 + 33.0 * scale)
    centers = np.arange(200) + 0.5
    assert weight.sum(axis=0) @ centers / weight.sum() == pytest.approx(place[0], abs=0.25)
    assert weight.sum(axis=1) @ centers / weight.sum() == pytest.approx(place[1], abs=0.25)


@pytest.mark.parametrize('scale', [0.13, 0.4, 0.75, 1.0, 1.7])
def test_its_rims_are_neither_darker_nor_brighter(scale: float) -> None:
    canvas = np.full((200, 200, 3), 200, np.uint8)
    square().draw(canvas, scale, (5.3, 7.7))
    assert np.abs(canvas.astype(int) - 200).max() <= 2


def test_it_stays_within_its_columns() -> None:
    canvas = np.zeros((100, 100, 3), np.uint8)
    square().draw(canvas, 1.0, (0.0, 0.0), columns=(40.0, 50.0))
    assert set(np.nonzero(canvas)[1]) == set(range(40, 50))


@pytest.mark.parametrize('shift', [(-500.0, 0.0), (0.0, 500.0), (400.0, -400.0)])
def test_outside_the_picture_it_leaves_no_trace(shift: tuple[float, float]) -> None:
    canvas = np.zeros((100, 100, 3), np.uint8)
    square().draw(canvas, 1.0, shift)
    assert not canvas.any()


def test_the_gain_makes_it_darker() -> None:
    canvas = np.zeros((100, 100, 3), np.uint8)
    square().draw(canvas, 1.0, (0.0, 0.0), gain=0.5)
    assert canvas.max() == 100


def test_cover_is_that_of_the_point() -> None:
    sprite = square((10.0, 0.0))
    assert sprite.cover(58.5, 48.5) == 1.0
    assert sprite.cover(32.5, 48.5) == 0.0
    assert sprite.cover(-5.0, 48.5) == 0.0
    assert sprite.cover(500.0, 48.5) == 0.0
