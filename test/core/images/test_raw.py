# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Every encoding there and back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.classification.crops import CropSpec, crop_faces
from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.errors import ImageError
from mask_proximity.core.images.raw import DEPTH_ENCODINGS, ENCODINGS, MAX_PIXELS, decode_raw
from mask_proximity.core.models.description import FACE_SSD, ModelDescription, models_directory
from mask_proximity.core.rendering.overlay import OverlayAnnotator
from mask_proximity.core.types import Alert, Image, Level, Reason
from support.wire import BAYER, EXACT, PACKED_YUV, PLANAR_YUV, Array, on_the_wire, rows_of


@st.composite
def pictures(draw: st.DrawFn, block: int = 1) -> Array:
    """Random pictures of `block` x `block` pixels of one colour."""
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    small = rng.integers(0, 256, (height, width, 3), np.uint8)
    return small.repeat(block, axis=0).repeat(block, axis=1)


def decoded(picture: Array, encoding: str, padding: int, big: bool, whole: bool) -> Image:
    data, step = on_the_wire(picture, encoding, padding, big, whole)
    height, width = picture.shape[:2]
    result = decode_raw(data, encoding, width, height, step, big)
    assert result.dtype == np.uint8
    assert result.shape == picture.shape
    return result


def test_every_encoding_is_tested_here() -> None:
    assert set(ENCODINGS) == {*EXACT, *PACKED_YUV, *PLANAR_YUV, *BAYER}


@pytest.mark.parametrize('encoding', EXACT)
@given(pictures(), st.integers(0, 9), st.booleans(), st.booleans())
@settings(max_examples=40)
def test_what_loses_nothing_comes_back_exactly(
    encoding: str, picture: Array, padding: int, big: bool, whole: bool
) -> None:
    if encoding in ('mono8', 'mono16', '8UC1'):
        picture = picture[..., :1].repeat(3, axis=2)
    np.testing.assert_array_equal(decoded(picture, encoding, padding, big, whole), picture)


@pytest.mark.parametrize('encoding', [*PACKED_YUV, *PLANAR_YUV])
@given(pictures(block=2), st.integers(0, 9), st.booleans())
@settings(max_examples=40)
def test_yuv_comes_back_but_for_its_rounding(
    encoding: str, picture: Array, padding: int, whole: bool
) -> None:
    result = decoded(picture, encoding, padding, False, whole)
    np.testing.assert_allclose(result.astype(int), picture.astype(int), atol=4)


@pytest.mark.parametrize('encoding', BAYER)
@given(
    st.tuples(*[st.integers(0, 255)] * 3),
    st.integers(3, 12),
    st.integers(3, 12),
    st.integers(0, 9),
    st.booleans(),
)
@settings(max_examples=40)
def test_a_bayer_picture_of_one_colour_comes_back_exactly(
    encoding: str, color: tuple[int, int, int], width: int, height: int, padding: int, big: bool
) -> None:
    picture = np.full((height, width, 3), color, np.uint8)
    np.testing.assert_array_equal(decoded(picture, encoding, padding, big, True), picture)


@pytest.mark.parametrize('encoding', BAYER)
def test_bayer_patterns_are_those_of_ros(encoding: str, portrait: Image) -> None:
    rows = rows_of(portrait, encoding)[0]
    errors = {
        name: np.abs(
            decode_raw(rows, name, 512, 512, rows.shape[1]).astype(int) - portrait.astype(int)
        )[8:-8, 8:-8].mean()
        for name in BAYER
        if name.endswith('16') == encoding.endswith('16')
    }
    assert min(errors, key=lambda name: errors[name]) == encoding
    assert errors[encoding] < 4.0
    assert sorted(errors.values())[1] > 3.0 * errors[encoding]


@pytest.mark.parametrize('encoding', PLANAR_YUV)
def test_planes_without_padding_may_come_with_any_step(encoding: str) -> None:
    picture = np.full((8, 8, 3), (200, 90, 30), np.uint8)
    data, _ = on_the_wire(picture, encoding, 0)
    for step in (8, 12, 16, 24):
        result = decode_raw(data, encoding, 8, 8, step)
        np.testing.assert_allclose(result.astype(int), picture.astype(int), atol=4)


@pytest.mark.parametrize('encoding', ['bgr8', '8UC3'])
@pytest.mark.parametrize('padding', [0, 5])
def test_bgr_is_not_copied(encoding: str, padding: int) -> None:
    data = bytearray(3 * (12 + padding))
    picture = decode_raw(data, encoding, 4, 3, 12 + padding)
    data[12 + padding] = 200
    assert picture[1, 0, 0] == 200
    assert not picture.flags.writeable


@pytest.mark.parametrize('encoding', ['bgr8', 'rgb8', 'yuv422', 'nv12', 'bayer_rggb8', 'mono16'])
def test_a_picture_of_48_million_pixels_is_decoded(encoding: str) -> None:
    width, height = 8000, 6000
    step = {'bgr8': 3, 'rgb8': 3, 'nv12': 1, 'bayer_rggb8': 1}.get(encoding, 2) * width
    data = np.full(step * height * (3 if encoding == 'nv12' else 2) // 2, 128, np.uint8)
    picture = decode_raw(data, encoding, width, height, step)
    assert picture.shape == (height, width, 3)
    assert abs(int(picture[-1, -1, 0]) - 128) < 5


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (('yuv999', 4, 3, 12), "encoding 'yuv999'; expected one of: bgr8, rgb8"),
        (('', 4, 3, 12), "encoding ''; expected one of: bgr8"),
        (('BGR8', 4, 3, 12), "encoding 'BGR8'; expected one of: bgr8"),
        (('bgr8', 0, 3, 12), 'size 0x3; expected at least 1x1'),
        (('bgr8', 4, 0, 12), 'size 4x0; expected at least 1x1'),
        (('bgr8', 2**31, 3, 2**32 - 1), 'at most 100 million pixels'),
        (('bgr8', 4, 3, 11), 'step of 11 bytes; expected at least 12 for 4x3 bgr8'),
        (('bgr8', 4, 4, 12), '36 bytes; expected 48 for 4x4 bgr8 with a step of 12'),
        (('mono16', 4, 3, 7), 'step of 7 bytes; expected at least 8 for 4x3 mono16'),
        (('uyvy', 3, 3, 12), '3x3 uyvy; expected an even width'),
        (('nv12', 3, 2, 12), '3x2 nv12; expected an even width and height'),
        (('nv21', 2, 3, 12), '2x3 nv21; expected an even width and height'),
        (('nv12', 8, 8, 8), '36 bytes; expected 96 for 8x8 nv12 with a step of 8'),
        (('nv24', 8, 8, 8), '36 bytes; expected 192 for 8x8 nv24 with a step of 8'),
    ],
)
def test_a_broken_image_gets_a_sentence(
    arguments: tuple[str, int, int, int], sentence: str
) -> None:
    with pytest.raises(ImageError, match=sentence) as raised:
        decode_raw(bytes(36), *arguments)
    assert '\n' not in str(raised.value)


@pytest.mark.parametrize('encoding', DEPTH_ENCODINGS)
def test_depth_is_refused_with_a_hint(encoding: str) -> None:
    with pytest.raises(ImageError, match=f"'{encoding}', which is depth; .*/color/image_raw"):
        decode_raw(bytes(96), encoding, 4, 3, 32)


@given(
    st.sampled_from([*ENCODINGS, *DEPTH_ENCODINGS, '8UC2', '64FC9', 'bayer_rggb12']),
    st.one_of(st.integers(0, 40), st.sampled_from([2**16, 2**31, 2**32 - 1])),
    st.one_of(st.integers(0, 40), st.sampled_from([2**16, 2**31, 2**32 - 1])),
    st.one_of(st.integers(0, 400), st.just(2**32 - 1)),
    st.integers(0, 5000),
    st.booleans(),
)
@settings(max_examples=1000)
def test_any_image_is_read_or_refused(
    encoding: str, width: int, height: int, step: int, length: int, big: bool
) -> None:
    try:
        picture = decode_raw(bytes(length), encoding, width, height, step, big)
    except ImageError as error:
        assert encoding in str(error) or 'size' in str(error)
        return
    assert picture.shape == (height, width, 3)
    assert picture.size <= 3 * MAX_PIXELS
    # Reads every byte that the picture claims to have.
    assert int(picture.max()) >= 0


@pytest.mark.parametrize(
    ('encoding', 'padding'), itertools.product(['rgb8', 'mono16', 'nv12', 'uyvy'], [0, 1, 3])
)
def test_one_byte_too_few_is_refused(encoding: str, padding: int) -> None:
    picture = np.full((6, 8, 3), 100, np.uint8)
    data, step = on_the_wire(picture, encoding, padding, whole=False)
    decode_raw(data, encoding, 8, 6, step)
    with pytest.raises(ImageError, match=f'{len(data) - 1} bytes; expected'):
        decode_raw(data[:-1], encoding, 8, 6, step)


def test_a_padded_view_is_a_picture_like_any_other(near_portrait: Image) -> None:
    data, step = on_the_wire(near_portrait, 'bgr8', padding=60)
    view = decode_raw(data, 'bgr8', 640, 480, step)
    assert not view.flags.c_contiguous
    detector = SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))
    faces = detector.detect(view, 0.5)
    assert faces == detector.detect(near_portrait, 0.5)
    spec = CropSpec(size=224, margin=0.1)
    boxes = [face.box for face in faces]
    np.testing.assert_array_equal(
        crop_faces(view, boxes, spec), crop_faces(near_portrait, boxes, spec)
    )
    alert = Alert(Level.CLEAR, Reason.MASKED, 'Masked.', 0)
    np.testing.assert_array_equal(
        OverlayAnnotator().annotate(view, alert), OverlayAnnotator().annotate(near_portrait, alert)
    )
