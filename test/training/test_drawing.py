# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is drawn on a face covers what it should and nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mask_proximity.core.types import Box, Image
from training.drawing import BRIDGE, MOUTH, TIP, draw_hand, draw_mask

FACE = Box(179, 58, 272, 177)
SEEDS = range(60)


def changed(before: Image, after: Image) -> np.ndarray:
    # In bytes: several times as fast as in integers, and 60 drawings are compared.
    return cv2.absdiff(before, after).max(axis=2) > 12


def at(height: float) -> tuple[slice, slice]:
    """A few pixels in the middle of the face, at a height in parts of its box."""
    x, y = int(FACE.center[0]), int(FACE.y1 + height * FACE.height)
    return slice(y - 2, y + 3), slice(x - 2, x + 3)


@pytest.mark.parametrize('seed', SEEDS)
def test_a_mask_covers_nose_and_mouth(portrait: Image, seed: int) -> None:
    drawn = draw_mask(portrait, FACE, np.random.default_rng(seed), covers_nose=True)
    difference = changed(portrait, drawn)
    # Cloth of the colour of the skin below it is possible, everywhere the same is not.
    assert difference[at(TIP)].any() or difference[at(MOUTH)].any()
    assert not difference[at(BRIDGE - 0.2)].any()


@pytest.mark.parametrize('seed', SEEDS)
def test_a_mask_worn_incorrectly_leaves_the_nose_free_and_is_visible(
    portrait: Image, seed: int
) -> None:
    drawn = draw_mask(portrait, FACE, np.random.default_rng(seed), covers_nose=False)
    difference = changed(portrait, drawn)
    assert not difference[at((BRIDGE + TIP) / 2)].any()
    assert difference.sum() > 0.03 * FACE.width * FACE.height


@pytest.mark.parametrize('seed', SEEDS)
def test_a_mask_under_the_chin_of_a_tight_crop_is_visible(portrait: Image, seed: int) -> None:
    tight = np.ascontiguousarray(portrait[58:177, 179:272])
    box = Box(0, 0, 93, 119)
    drawn = draw_mask(tight, box, np.random.default_rng(seed), covers_nose=False)
    assert changed(tight, drawn).sum() > 0.03 * box.width * box.height


def test_drawings_stay_near_the_face_and_off_the_original(portrait: Image) -> None:
    before = portrait.copy()
    near = FACE.expanded(0.75).clamped(portrait.shape[1], portrait.shape[0])
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        for drawn in (
            draw_mask(portrait, FACE, rng, covers_nose=True),
            draw_mask(portrait, FACE, rng, covers_nose=False),
            draw_hand(portrait, FACE, rng),
        ):
            rows, columns = np.nonzero(changed(before, drawn))
            assert rows.min() >= near.y1 and rows.max() <= near.y2
            assert columns.min() >= near.x1 and columns.max() <= near.x2
    np.testing.assert_array_equal(portrait, before)


@pytest.mark.parametrize('seed', SEEDS)
def test_a_hand_reaches_into_the_lower_half(portrait: Image, seed: int) -> None:
    difference = changed(portrait, draw_hand(portrait, FACE, np.random.default_rng(seed)))
    middle = int(FACE.y1 + 0.5 * FACE.height)
    assert difference[middle : int(FACE.y2)].sum() > 0.02 * FACE.width * FACE.height
    assert not difference[: int(FACE.y1 + 0.4 * FACE.height)].any()


@pytest.mark.parametrize('box', [Box(0, 0, 20, 20), Box(-5, -5, 40, 60), Box(380, 10, 399, 40)])
def test_faces_at_the_border_are_drawn_on_as_far_as_they_are_there(
    portrait: Image, box: Box
) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for covers in (True, False):
            assert draw_mask(portrait, box, rng, covers).shape == portrait.shape
        assert draw_hand(portrait, box, rng).shape == portrait.shape
