# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth images: what is decoded, and what a face gets of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.errors import ImageError
from mask_proximity.core.ranging.depth import MIN_VALID, DepthImage, decode_depth, depth_of
from mask_proximity.core.types import Box


def packed(values: np.ndarray, kind: str, big: bool, padding: int) -> tuple[bytes, int]:
    rows = values.astype(np.dtype(kind).newbyteorder('>' if big else '<'))
    rows = np.ascontiguousarray(rows).view(np.uint8).reshape(len(values), -1)
    return np.pad(rows, ((0, 0), (0, padding))).tobytes(), rows.shape[1] + padding


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize(('encoding', 'kind', 'unit'), [('16UC1', 'u2', 1000), ('32FC1', 'f4', 1)])
def test_either_encoding_byte_order_and_step(
    encoding: str, kind: str, unit: int, big: bool, padding: int
) -> None:
    metres = np.array([[0.5, 1.25, 2.0], [0.0, 3.5, 60.0]])
    data, step = packed(metres * unit, kind, big, padding)
    depth = decode_depth(data, encoding, 3, 2, step, big, 7)
    expected = np.where(metres > 0, metres, np.nan)
    np.testing.assert_allclose(depth.metres, expected, rtol=1e-6)
    assert depth.stamp == 7 and depth.metres.dtype == np.float32


def test_the_last_row_may_lack_its_padding() -> None:
    data, step = packed(np.full((2, 3), 1500), 'u2', False, 4)
    metres = decode_depth(data[:-4], '16UC1', 3, 2, step, False, 0).metres
    assert metres == pytest.approx(1.5)


def test_what_was_not_measured_is_nan() -> None:
    values = np.array([[0.0, -1.0, math.inf, -math.inf, math.nan, 2.0]])
    data, step = packed(values, 'f4', False, 0)
    metres = decode_depth(data, '32FC1', 6, 1, step, False, 0).metres
    assert np.isnan(metres[0, :5]).all() and metres[0, 5] == 2.0


@pytest.mark.parametrize(
    ('encoding', 'step', 'size', 'sentence'),
    [
        ('bgr8', 12, 36, "encoding 'bgr8'; expected one of: 16UC1, 32FC1"),
        ('16UC1', 7, 36, 'a step of 7; expected a step of at least 8'),
        ('16UC1', 8, 23, '23 bytes and a step of 8; .* 3 rows for 4x3 16UC1'),
    ],
)
def test_a_broken_one_gets_a_sentence(encoding: str, step: int, size: int, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence):
        decode_depth(bytes(size), encoding, 4, 3, step, False, 0)


BOX = Box(200.0, 100.0, 300.0, 230.0)


@pytest.mark.parametrize('scale', [0.25, 0.5, 1.0, 1.5])
def test_the_median_of_the_middle_in_any_resolution(scale: float) -> None:
    metres = np.full((int(480 * scale), int(640 * scale)), 6.0, np.float32)
    y, x = (slice(int(a * scale), int(b * scale)) for a, b in ((110, 220), (210, 290)))
    metres[y, x] = 1.8
    found = depth_of(DepthImage(metres, 0), BOX, 640, 480)
    assert found is not None and found[0] == pytest.approx(1.8)
    assert found[1] == pytest.approx(0.02 * 1.8)


@given(st.floats(0.0, 1.0), st.integers(0, 99))
def test_unmeasured_pixels_do_not_count(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    metres = np.full((480, 640), 1.8, np.float32)
    metres[rng.random((480, 640)) < share] = np.nan
    middle = np.isfinite(metres[132:198, 225:275]).mean()
    found = depth_of(DepthImage(metres, 0), BOX, 640, 480)
    if middle > MIN_VALID + 0.05:
        assert found is not None and found[0] == pytest.approx(1.8)
    if middle < MIN_VALID - 0.05:
        assert found is None


@pytest.mark.parametrize('box', [Box(0, 0, 0.5, 0.5), Box(639.5, 479.5, 700, 700), Box(5, 5, 5, 5)])
def test_a_face_smaller_than_a_pixel_gets_that_pixel(box: Box) -> None:
    found = depth_of(DepthImage(np.full((48, 64), 3.0, np.float32), 0), box, 640, 480)
    assert found is not None and found[0] == 3.0


def test_a_face_that_shares_its_box_with_the_wall_is_perhaps_near() -> None:
    metres = np.full((480, 640), 1.0, np.float32)
    metres[:, 245:] = 4.0
    found = depth_of(DepthImage(metres, 0), BOX, 640, 480)
    assert found is not None and found[0] == 4.0 and found[0] - found[1] < 1.1
