# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The picture of the timeline."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mask_proximity.core.alert.settings import RuleSettings
from mask_proximity.core.rendering.style import LEVEL_TINTS
from mask_proximity.core.rendering.timeline import (
    WORN_WRONG_COLOR,
    Sample,
    draw_timeline,
    level_spans,
)
from mask_proximity.core.types import Alert, Box, Face, Image, Level, MaskState, Reason


def draw(samples: list[Sample], pictures: bool = False) -> Image:
    content = draw_timeline(samples, RuleSettings(), 'title', pictures)
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def upper_row(picture: Image) -> Image:
    """A row of the upper plot, above its dots and its limit."""
    return picture[round(picture.shape[0] * 0.09)]


def color_of(level: Level) -> np.ndarray:
    return np.round(np.array(to_rgb(LEVEL_TINTS[level])[::-1]) * 255)


def share(row: Image, level: Level) -> float:
    """Which part of the plot's width shows a level."""
    levels = [np.abs(row - color_of(each)).max(axis=-1) <= 1 for each in Level]
    return float(levels[level].sum() / np.sum(levels))


@pytest.mark.parametrize('level', list(Level))
def test_the_level_is_the_background(level: Level) -> None:
    row = upper_row(draw([Sample(0.0, level), Sample(1.0, level)]))
    np.testing.assert_allclose(row[len(row) // 2], color_of(level), atol=1)


def test_one_sample_is_enough() -> None:
    assert draw([Sample(0.0, Level.UNKNOWN)]).size > 0


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('wrong', [False, True])
def test_the_plots_fill_the_picture(wrong: bool) -> None:
    # matplotlib warns, and lets the plots collapse, where an artist spoils its layout.
    samples = [Sample(float(time), Level.CLEAR, 0.05, 0.9, wrong) for time in range(9)]
    picture = draw(samples)
    column = picture[:, picture.shape[1] // 3].astype(int)
    covered = np.abs(column - color_of(Level.CLEAR)).max(axis=-1) <= 1
    assert covered.mean() > 0.7


def test_the_most_urgent_face_is_shown() -> None:
    near = Face(Box(0, 0, 64, 80), 0.9, 0.1, MaskState.NO_MASK, 0.2, Level.ALERT)
    wider = Face(Box(0, 0, 90, 80), 0.9, 0.9, MaskState.MASK, 0.3, Level.CLEAR)
    alert = Alert(Level.ALERT, Reason.NO_MASK_NEAR, '', 0, (near, wider))
    assert Sample.from_alert(1.0, alert) == Sample(1.0, Level.ALERT, 0.2, 0.9)
    empty = Sample.from_alert(2.0, Alert(Level.CLEAR, Reason.NO_FACE, '', 0))
    assert math.isnan(empty.width_ratio) and math.isnan(empty.no_mask_probability)


def test_the_upper_plot_is_of_metres_where_most_distances_are_known() -> None:
    def drawn(distances: list[float], ratio: float = 0.2, **settings: float) -> bytes:
        samples = [
            Sample(float(time), Level.CLEAR, ratio, 0.9, distance=distance)
            for time, distance in enumerate(distances)
        ]
        return draw_timeline(samples, RuleSettings(**settings), 'title')

    near, unknown = [1.0] * 9, [math.nan] * 9
    assert drawn(near) != drawn([1.1] * 9)
    assert drawn(near) == drawn(near, ratio=0.3)
    # Whoever is far beyond the limits lies on the edge.
    assert drawn([90.0] * 9) == drawn([91.0] * 9) != drawn(near)
    for widths in (unknown, [1.0, *unknown[1:]]):
        assert drawn(widths) == drawn(unknown) != drawn(unknown, ratio=0.3)
    assert drawn(near, alert_distance=0.0) == drawn(unknown, alert_distance=0.0)


def test_masks_worn_wrong_have_a_colour_and_a_word_of_their_own() -> None:
    wrong = Face(Box(0, 0, 64, 80), 0.9, 0.1, MaskState.INCORRECT, 0.2, Level.ALERT)
    sample = Sample.from_alert(1.0, Alert(Level.ALERT, Reason.NO_MASK_NEAR, '', 0, (wrong,)))
    assert sample == Sample(1.0, Level.ALERT, 0.2, 0.9, worn_wrong=True)
    bare = dataclasses.replace(sample, worn_wrong=False)

    def violets(*samples: Sample) -> int:
        difference = (
            draw(list(samples)).astype(int) - np.array(to_rgb(WORN_WRONG_COLOR)[::-1]) * 255
        )
        return int((np.abs(difference).max(axis=-1) <= 1).sum())

    assert violets(bare) == 0
    # A dot in each plot, and one in the legend.
    assert violets(bare, sample) > 10


def test_a_level_holds_until_the_next_sample() -> None:
    levels = [Level.CLEAR, Level.CLEAR, Level.ALERT, Level.CLEAR]
    samples = [Sample(float(index), level) for index, level in enumerate(levels)]
    assert level_spans(samples) == [
        (0.0, 2.0, Level.CLEAR),
        (2.0, 3.0, Level.ALERT),
        (3.0, 3.0, Level.CLEAR),
    ]


def test_pictures_have_a_place_of_the_same_width_each() -> None:
    levels = [Level.CLEAR, Level.ALERT, Level.CAUTION, Level.CLEAR]
    samples = [Sample(float(index), level) for index, level in enumerate(levels)]
    row = upper_row(draw(samples, pictures=True))
    assert [share(row, level) for level in (Level.CLEAR, Level.CAUTION, Level.ALERT)] == [
        pytest.approx(0.5, abs=0.01),
        pytest.approx(0.25, abs=0.01),
        pytest.approx(0.25, abs=0.01),
    ]


def test_a_short_alert_is_seen_in_hours_of_calm() -> None:
    rate, hours = 2, 3
    samples = [
        Sample(index / rate, Level.ALERT if index == 9000 else Level.CLEAR, 0.05, 0.5)
        for index in range(hours * 3600 * rate)
    ]
    row = upper_row(draw(samples))
    assert 2 <= (np.abs(row - color_of(Level.ALERT)).max(axis=-1) <= 1).sum() <= 8


def test_the_same_samples_give_the_same_bytes() -> None:
    samples = [Sample(index / 10, Level(index % 4), index / 500, 0.5) for index in range(300)]
    first, second = (draw_timeline(samples, RuleSettings(), 't') for _ in range(2))
    assert first == second
    # A name and version of a library would make it other bytes on another machine.
    assert b'atplotlib' not in first
