# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation keeps the face in its box and is seeded."""

from __future__ import annotations

import numpy as np

from mask_proximity.core.classification.crops import CropSpec, crop_faces
from mask_proximity.core.types import LABELS, Box, Image
from training.augment import DRAWN_INCORRECT, DRAWN_MASKS, FAR_WIDTHS, augment

FACE = Box(179, 58, 272, 177)
MASK, INCORRECT, NO_MASK = map(LABELS.index, ('mask', 'incorrect', 'no_mask'))


def test_a_variant_can_always_be_cut_and_is_another_picture(portrait: Image) -> None:
    spec = CropSpec(32, 0.1)
    original = crop_faces(portrait, [FACE], spec)
    widths = []
    for seed in range(200):
        picture, box, _ = augment(portrait, FACE, MASK, np.random.default_rng(seed))
        assert picture.dtype == np.uint8 and picture.shape[2] == 3
        widths.append(box.width)
        assert np.abs(crop_faces(picture, [box], spec) - original).mean() > 0.01
    assert min(widths) > 0.5 * FAR_WIDTHS[0]
    assert max(widths) < 1.3 * FACE.width
    # Both far and near faces occur.
    assert sum(width < 50 for width in widths) > 20
    assert sum(width > 70 for width in widths) > 80


def test_the_box_follows_the_face() -> None:
    picture = np.full((300, 400, 3), 90, np.uint8)
    face = Box(120, 80, 220, 200)
    picture[80:200, 120:220] = (30, 200, 30)
    for seed in range(100):
        variant, box, _ = augment(picture, face, MASK, np.random.default_rng(seed))
        (crop,) = crop_faces(variant, [box], CropSpec(32, 0.0))
        inner = crop[8:24, 8:24]
        # Green stands out in the middle of the box, unless the variant is a grey one.
        if np.ptp(inner.mean(axis=(0, 1))) > 0.02:
            greener = inner[..., 1] > inner[..., [0, 2]].max(axis=2)
            assert greener.mean() > 0.9


def test_chance_is_the_seeds(portrait: Image) -> None:
    def variant(seed: int) -> tuple[Image, Box, int]:
        return augment(portrait, FACE, MASK, np.random.default_rng(seed))

    first, again, other = variant(1), variant(1), variant(2)
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert first[1] != other[1]


def test_the_original_is_left_alone(portrait: Image) -> None:
    before = portrait.copy()
    for seed in range(20):
        augment(portrait, FACE, MASK, np.random.default_rng(seed))
    np.testing.assert_array_equal(portrait, before)


def test_a_face_that_fills_the_picture(portrait: Image) -> None:
    tight = np.ascontiguousarray(portrait[58:177, 179:272])
    for seed in range(50):
        picture, box, _ = augment(tight, Box(0, 0, 93, 119), NO_MASK, np.random.default_rng(seed))
        assert crop_faces(picture, [box], CropSpec(32, 0.2)).shape == (1, 32, 32, 3)


def test_only_a_drawn_mask_changes_the_class(portrait: Image) -> None:
    classes = np.array(
        [augment(portrait, FACE, NO_MASK, np.random.default_rng(seed))[2] for seed in range(600)]
    )
    # Four standard deviations of a share of 600 are 0.055 at most.
    assert abs((classes == MASK).mean() - DRAWN_MASKS) < 0.055
    assert abs((classes == INCORRECT).mean() - DRAWN_INCORRECT) < 0.055
    for label in (MASK, INCORRECT):
        for seed in range(50):
            assert augment(portrait, FACE, label, np.random.default_rng(seed))[2] == label


def test_on_small_faces_nothing_is_drawn(portrait: Image) -> None:
    small = Box(200, 80, 230, 115)
    for seed in range(100):
        assert augment(portrait, small, NO_MASK, np.random.default_rng(seed))[2] == NO_MASK
