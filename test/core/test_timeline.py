# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The picture of the timeline."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mask_proximity.core.scene import Alert, Box, Face, Level, MaskState, Reason
from mask_proximity.core.timeline import LEVEL_COLORS, Sample, write_timeline

FACE = Face(Box(0, 0, 64, 80), 0.9, 0.01, MaskState.NO_MASK, 0.1, Level.CLEAR)


def make_sample(time: float, level: Level) -> Sample:
    faces = (FACE,) if level is not Level.UNKNOWN else ()
    return Sample(time, Alert(level, Reason.NO_FACE, '', 0, faces))


@pytest.mark.parametrize('level', list(Level))
def test_the_level_is_the_background(tmp_path: Path, level: Level) -> None:
    path = tmp_path / 'timeline.png'
    write_timeline(path, [make_sample(0.0, level), make_sample(1.0, level)], 0.1, 0.75, 'title')
    picture = cv2.imread(str(path))
    assert picture is not None
    expected = np.round(np.array(to_rgb(LEVEL_COLORS[level])[::-1]) * 255)
    # A point of the upper plot beside its line and its dots.
    row, column = picture.shape[0] // 4, picture.shape[1] // 2
    np.testing.assert_allclose(picture[row, column], expected, atol=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ['timeline.png']


def test_one_sample_is_enough(tmp_path: Path) -> None:
    write_timeline(tmp_path / 't.png', [make_sample(0.0, Level.UNKNOWN)], 0.1, 0.75, 'title')
    assert (tmp_path / 't.png').stat().st_size > 0
