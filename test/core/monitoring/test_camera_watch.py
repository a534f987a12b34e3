# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A frozen, a black and a covered camera are told from one that looks, whatever it looks at."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.monitoring.camera_watch import CameraWatch
from mask_proximity.core.monitoring.settings import CameraWatchSettings
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.types import NANOSECONDS, Image, Reason
from support.room import empty_room

SETTINGS = CameraWatchSettings()
SIZES = [(320, 240), (640, 480), (480, 640), (1920, 1080)]


def reason(
    picture: Image, settings: CameraWatchSettings = SETTINGS, watch: CameraWatch | None = None
) -> Reason | None:
    fault = (watch or CameraWatch()).check(picture, 1, settings)
    return fault[0] if fault else None


def noisy(light: np.ndarray | float, size: tuple[int, int], noise: float, seed: int = 0) -> Image:
    """A picture of this light, as a sensor with this noise takes it."""
    random = np.random.default_rng(seed).normal(0.0, noise, (size[1], size[0], 3))
    return np.clip(light + random, 0, 255).astype(np.uint8)


def vignette(size: tuple[int, int], colour: tuple[float, ...]) -> np.ndarray:
    """An even light that falls to the corners."""
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    return (1.0 - 0.25 * (x**2 + y**2))[..., None] * np.array(colour)


def glow(size: tuple[int, int]) -> np.ndarray:
    """Light through a finger: red, and from one side."""
    y, x = np.mgrid[0 : 1 : size[1] * 1j, 0 : 1 : size[0] * 1j]
    return np.exp(-((x - 0.8) ** 2 + (y - 0.2) ** 2) / 0.18)[..., None] * np.array([10, 25, 230])


@pytest.mark.parametrize(
    ('size', 'noise'),
    # The largest size costs as much as all others, and is for one noise enough.
    [*itertools.product(SIZES[:-1], [0.0, 3.0, 8.0]), (SIZES[-1], 8.0)],
)
def test_black_and_covered(size: tuple[int, int], noise: float) -> None:
    for light in (
        np.zeros(3),
        vignette(size, (15.0, 15.0, 15.0)),
        vignette(size, (60.0, 60.0, 60.0)),
        vignette(size, (30.0, 60.0, 170.0)),
        vignette(size, (220.0, 220.0, 220.0)),
        glow(size),
    ):
        assert reason(noisy(light, size, noise)) is Reason.DARK_IMAGE


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('light', [0.15, 0.3, 1.0])
@pytest.mark.parametrize('noise', [0.0, 5.0])
def test_a_room_is_no_cover(size: tuple[int, int], light: float, noise: float) -> None:
    picture = noisy(empty_room(*size, light), size, noise)
    assert reason(picture) is None
    ok, file = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, 20])
    assert ok and reason(np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))) is None


def test_the_rest_of_a_picture_that_is_partly_covered_counts(near_portrait: Image) -> None:
    picture = near_portrait.copy()
    picture[:, 96:] = 30
    assert reason(picture) is None, 'what is left is looked at'
    picture[:, 8:] = 30
    assert reason(picture) is Reason.DARK_IMAGE


def test_real_pictures(near_portrait: Image, data: Path) -> None:
    pictures = [near_portrait, (near_portrait * 0.15).astype(np.uint8)]
    files = sorted((data / 'scenes' / 'images').iterdir())[::17]
    for picture in pictures + [cv2.imread(str(file)) for file in files]:
        assert reason(picture) is None


def test_the_simulated_scene_and_a_clip(data: Path) -> None:
    for spec in ('simulated', str(data / 'video' / 'two_people_walk_from_afar.gif')):
        source = open_source(spec, SourceSettings())
        watch = CameraWatch()
        index = 0
        while (frame := source.read()) is not None and index < 100:
            stamp = round(index * NANOSECONDS / source.rate)
            assert watch.check(frame.image, stamp, SETTINGS) is None
            index += 1
        source.close()


def test_both_can_be_switched_off_and_moved() -> None:
    black, grey = np.zeros((120, 160, 3), np.uint8), np.full((120, 160, 3), 128, np.uint8)
    off = CameraWatchSettings(dark_level=0.0, covered_contrast=0.0)
    assert reason(black, off) is None and reason(grey, off) is None
    assert reason(grey, CameraWatchSettings(covered_contrast=0.0)) is None
    assert reason(grey, CameraWatchSettings(dark_level=150.0)) is Reason.DARK_IMAGE


def test_a_picture_at_the_limit_does_not_flicker() -> None:
    watch = CameraWatch()
    said = [
        reason(noisy(empty_room(640, 480, light), (640, 480), 1.0), watch=watch) is not None
        for light in (0.11, 0.095, 0.105, 0.095, 0.11, 0.12, 0.14, 0.105, 0.11)
    ]
    assert said == [False, True, True, True, True, True, False, False, False]


def frozen(rate: float, stamps: list[int], frozen_after: float) -> list[bool]:
    """What is said of one picture with these stamps, after a hundredth of a second of others."""
    watch = CameraWatch()
    asked = CameraWatchSettings(frozen_after=frozen_after)
    still = noisy(empty_room(64, 48), (64, 48), 5.0)
    for index in range(3):
        watch.check(noisy(empty_room(64, 48), (64, 48), 5.0, index + 1), index, asked)
    return [watch.check(still, stamp, asked) is not None for stamp in stamps]


@given(
    rate=st.sampled_from([5.0, 15.0, 30.0, 60.0]),
    frozen_after=st.sampled_from([0.3, 1.0, 2.0]),
)
@settings(max_examples=12)
def test_the_same_picture_is_frozen_by_time_whatever_the_rate(
    rate: float, frozen_after: float
) -> None:
    stamps = [round(i * NANOSECONDS / rate) for i in range(round(3.0 * rate))]
    expected = [stamp > frozen_after * NANOSECONDS for stamp in stamps]
    assert frozen(rate, stamps, frozen_after) == expected
    assert not any(frozen(rate, stamps, 0.0))
    assert not any(frozen(rate, [5 * NANOSECONDS] * 99, frozen_after)), 'no new stamps'


def test_frozen_though_the_stamps_jump_back() -> None:
    second = NANOSECONDS
    said = frozen(5.0, [0, second // 2, 0, second // 2, 0, second // 2], 1.0)
    assert said == [False, False, False, False, False, True]


def test_one_pixel_is_life_and_a_buffer_that_is_filled_again_is_seen() -> None:
    watch = CameraWatch()
    picture = noisy(empty_room(), (640, 480), 5.0)
    for index in range(10):
        assert watch.check(picture, index * NANOSECONDS, SETTINGS) is None
        picture[479, 639, 2] ^= 1
    picture[479, 639, 2] ^= 1
    fault = watch.check(picture, 12 * NANOSECONDS, SETTINGS)
    assert fault is not None and fault[0] is Reason.FROZEN_IMAGE
    assert 'frozen_after (1 s)' in fault[1]
    watch.reset()
    assert watch.check(picture, 13 * NANOSECONDS, SETTINGS) is None


@pytest.mark.parametrize('row', [0, 1, 240, 479])
def test_a_picture_that_changes_anywhere_is_not_frozen(row: int) -> None:
    watch = CameraWatch()
    picture = noisy(empty_room(), (640, 480), 5.0)
    said = []
    for index in range(60):
        changed = picture.copy()
        changed[row, index % 640] ^= index % 2
        said.append(watch.check(changed, index * NANOSECONDS // 10, SETTINGS))
    assert not any(said)
    for index in range(60, 80):
        fault = watch.check(changed, index * NANOSECONDS // 10, SETTINGS)
        assert (fault is not None) == (index > 59 + 10)


def test_one_sample_alone_proves_nothing() -> None:
    watch = CameraWatch()
    picture = noisy(empty_room(), (640, 480), 5.0)
    said = [watch.check(picture, stamp * NANOSECONDS, SETTINGS) for stamp in (0, 2, 4)]
    assert [each is not None for each in said] == [False, False, True]


@pytest.mark.parametrize('size', [(1, 1), (1, 3000), (3000, 1), (7, 5)])
def test_any_shape_gets_an_answer(size: tuple[int, int]) -> None:
    assert reason(np.full((size[1], size[0], 3), 90, np.uint8)) is Reason.DARK_IMAGE
