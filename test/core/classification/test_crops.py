# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The one preprocessing."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.classification.crops import (
    CropSpec,
    FaceCropper,
    crop_face,
    crop_faces,
    preprocess,
)
from mask_proximity.core.types import Box, Image

GRADIENT = np.arange(40 * 60 * 3, dtype=np.uint32).reshape(40, 60, 3).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)


def test_a_crop_is_a_view_of_just_the_box() -> None:
    crop = crop_face(GRADIENT, Box(10, 5, 30, 25), 0.0)
    assert crop is not None
    assert np.shares_memory(crop, GRADIENT)
    np.testing.assert_array_equal(crop, GRADIENT[5:25, 10:30])


def test_the_margin_grows_the_crop_up_to_the_edge() -> None:
    crop = crop_face(GRADIENT, Box(10, 10, 30, 20), 0.5)
    assert crop is not None
    np.testing.assert_array_equal(crop, GRADIENT[5:25, 0:40])


@given(
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.floats(0, 500),
    st.floats(0, 500),
    st.floats(0, 2),
)
def test_any_box_gives_a_crop_inside_or_none(
    x: float, y: float, width: float, height: float, margin: float
) -> None:
    box = Box(x, y, x + width, y + height)
    crop = crop_face(GRADIENT, box, margin)
    if crop is not None:
        assert crop.shape[0] >= 1 and crop.shape[1] >= 1
        assert crop.shape[0] <= 40 and crop.shape[1] <= 60
    else:
        inside = box.expanded(margin).clamped(60, 40)
        assert inside.width == 0 or inside.height == 0


def test_preprocess_is_rgb_in_minus_one_to_one() -> None:
    blue = np.zeros((50, 30, 3), np.uint8)
    blue[..., 0] = 255
    ready = preprocess(blue, 8)
    assert ready.shape == (8, 8, 3) and ready.dtype == np.float32
    np.testing.assert_array_equal(ready[3, 3], [-1.0, -1.0, 1.0])


@pytest.mark.parametrize('size', [8, 31, 160])
@pytest.mark.parametrize('averages', [True, False])
def test_preprocess_is_the_plain_resize_of_opencv_scaled(
    portrait: Image, size: int, averages: bool
) -> None:
    for width, height in ((size + 1, size + 1), (size + 7, 2 * size), (size, 200), (240, 200)):
        crop = portrait[20 : 20 + height, 150 : 150 + width]
        shrinks = averages and min(crop.shape[:2]) > size
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        resized = cv2.resize(crop, (size, size), interpolation=method)
        expected = resized[..., ::-1].astype(np.float32) / np.float32(127.5) - np.float32(1.0)
        np.testing.assert_array_equal(preprocess(crop, size, averages), expected)


def test_a_crop_too_large_for_floats_is_averaged_alike() -> None:
    crop = np.random.default_rng(3).integers(0, 256, (1300, 1100, 3), np.uint8)
    resized = cv2.resize(crop, (160, 160), interpolation=cv2.INTER_AREA)
    expected = resized[..., ::-1].astype(np.float32) / np.float32(127.5) - np.float32(1.0)
    np.testing.assert_array_equal(preprocess(crop, 160), expected)


@pytest.mark.tensorflow
def test_preprocess_equals_keras_preprocess_input() -> None:
    import keras

    picture = np.random.default_rng(2).integers(0, 256, (16, 16, 3), np.uint8)
    theirs = keras.applications.mobilenet_v2.preprocess_input(picture[..., ::-1].astype(np.float32))
    np.testing.assert_allclose(preprocess(picture, 16), theirs, atol=1e-6)


def test_a_batch_holds_each_face_in_order() -> None:
    boxes = [Box(0, 0, 20, 20), Box(30, 10, 50, 30)]
    batch = crop_faces(GRADIENT, boxes, CropSpec(12, 0.1))
    assert batch.shape == (2, 12, 12, 3)
    for face, box in zip(batch, boxes, strict=True):
        crop = crop_face(GRADIENT, box, 0.1)
        assert crop is not None
        np.testing.assert_array_equal(face, preprocess(crop, 12))


def test_a_box_outside_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match='outside'):
        crop_faces(GRADIENT, [Box(100, 100, 120, 120)], CropSpec(12, 0.0))


boxes_inside = st.lists(
    st.tuples(st.integers(0, 350), st.integers(0, 250), st.integers(1, 400), st.integers(1, 300)),
    max_size=4,
).map(lambda rows: [Box(x, y, x + width, y + height) for x, y, width, height in rows])


@given(
    st.lists(st.tuples(boxes_inside, st.booleans(), st.integers(8, 40)), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_frame_after_frame_in_the_same_memory_and_by_many_threads(
    frames: Sequence[tuple[list[Box], bool, int]], threads: int
) -> None:
    cropper = FaceCropper(threads)
    for boxes, averages, size in frames:
        spec = CropSpec(size, 0.1, averages)
        batch = cropper.crop(NOISE, boxes, spec)
        assert batch.shape == (len(boxes), size, size, 3)
        for face, box in zip(batch, boxes, strict=True):
            crop = crop_face(NOISE, box, 0.1)
            assert crop is not None
            np.testing.assert_array_equal(face, preprocess(crop, size, averages))


def test_the_memory_is_used_again() -> None:
    cropper = FaceCropper()
    large, small = (
        cropper.crop(NOISE, [Box(0, 0, side, side)] * 2, CropSpec(size, 0.0))
        for side, size in ((200, 32), (100, 16))
    )
    assert np.shares_memory(large, small)


def test_many_large_crops_take_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    picture: Image = np.random.default_rng(1).integers(0, 256, (700, 1200, 3), np.uint8)
    boxes = [Box(x, x, x + 600, x + 600) for x in (0, 30, 60, 90)]
    cropper, spec = FaceCropper(2), CropSpec(160, 0.0)
    seen = set()
    resize = cv2.resize

    def noticed(*arguments: object, **options: object) -> object:
        seen.add(threading.get_ident())
        return resize(*arguments, **options)

    monkeypatch.setattr(cv2, 'resize', noticed)
    np.testing.assert_array_equal(
        cropper.crop(picture, boxes, spec), crop_faces(picture, boxes, spec)
    )
    assert len(seen) == 2
    seen.clear()
    cropper.crop(picture, [Box(0, 0, 50, 50)] * 2, spec)
    assert len(seen) == 1, 'not worth the fault'
