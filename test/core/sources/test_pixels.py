# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Pixels of any kind become BGR, or one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.pixels import fit, to_bgr


@pytest.mark.parametrize(
    ('picture', 'pixel'),
    [
        (np.full((4, 5), 7, np.uint8), (7, 7, 7)),
        (np.full((4, 5, 1), 7, np.uint8), (7, 7, 7)),
        (np.full((4, 5, 3), (1, 2, 3), np.uint8), (1, 2, 3)),
        (np.full((4, 5, 4), (1, 2, 3, 9), np.uint8), (1, 2, 3)),
        (np.full((4, 5), 0x1234, np.uint16), (0x12, 0x12, 0x12)),
        (np.full((4, 5, 3), (0x1FF, 0x2FF, 0xFFFF), np.uint16), (1, 2, 255)),
        (np.full((4, 5, 4), (0x100, 0x200, 0x300, 9), np.uint16), (1, 2, 3)),
    ],
)
def test_pixels_become_bgr(picture: np.ndarray, pixel: tuple[int, int, int]) -> None:
    image = to_bgr(picture)
    assert image.dtype == np.uint8
    assert image.shape == (4, 5, 3)
    assert tuple(image[2, 2]) == pixel


@pytest.mark.parametrize(
    ('picture', 'sentence'),
    [
        (
            np.zeros((4, 5, 3), np.float32),
            'has values of type float32; expected 8 or 16 bits',
        ),
        (np.zeros((4, 5, 2), np.uint8), r'shape \(4, 5, 2\); expected gray, BGR or BGRA'),
        (np.zeros((0, 5, 3), np.uint8), r'shape \(0, 5, 3\);'),
        (np.zeros(12, np.uint8), r'shape \(12,\);'),
    ],
)
def test_other_pixels_are_refused(picture: np.ndarray, sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence):
        to_bgr(picture)


def test_shrinking_averages() -> None:
    stripes = np.zeros((40, 40, 3), np.uint8)
    stripes[:, ::5] = 200
    np.testing.assert_array_equal(fit(stripes, SourceSettings(width=8)), 40)
    assert fit(stripes, SourceSettings()) is stripes
