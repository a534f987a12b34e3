# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A video whose time is that of the stamps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.video import StampedVideo

SECOND = 1_000_000_000


def gray(level: int) -> np.ndarray:
    return np.full((48, 64, 3), level, np.uint8)


def read(path: Path) -> list[float]:
    capture = cv2.VideoCapture(str(path))
    levels = []
    while True:
        there, frame = capture.read()
        if not there:
            return levels
        levels.append(float(frame.mean()))


def test_gaps_are_filled_with_the_frame_before(tmp_path: Path) -> None:
    video = StampedVideo(tmp_path / 'v.mp4', rate=10.0)
    for time, level in ((0.0, 40), (0.1, 80), (0.5, 200)):
        video.write(gray(level), 7 * SECOND + round(time * SECOND))
    video.close()
    assert read(tmp_path / 'v.mp4') == pytest.approx([40, 80, 80, 80, 80, 200], abs=4)


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    video = StampedVideo(tmp_path / 'v.mp4', rate=10.0)
    video.write(gray(1), 0)
    assert not (tmp_path / 'v.mp4').exists()
    video.discard()
    assert list(tmp_path.iterdir()) == []


def test_discard_after_close_keeps_the_video(tmp_path: Path) -> None:
    video = StampedVideo(tmp_path / 'v.mp4', rate=10.0)
    video.write(gray(1), 0)
    video.close()
    video.discard()
    assert [path.name for path in tmp_path.iterdir()] == ['v.mp4']


def test_no_frames_no_file(tmp_path: Path) -> None:
    StampedVideo(tmp_path / 'v.mp4', rate=10.0).close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    video = StampedVideo(tmp_path / 'none' / 'v.mp4', rate=10.0)
    with pytest.raises(MaskProximityError, match='cannot write this video'):
        video.write(gray(1), 0)
