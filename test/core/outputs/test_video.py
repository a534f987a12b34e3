# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A video whose time is that of the stamps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.errors import OutputError
from mask_proximity.core.outputs.video import StampedVideo
from mask_proximity.core.types import NANOSECONDS


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
        video.write(gray(level), 7 * NANOSECONDS + round(time * NANOSECONDS))
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
    with pytest.raises(OutputError, match='OpenCV cannot write this video'):
        video.write(gray(1), 0)


def test_a_picture_of_another_size_is_fitted_into_the_first(tmp_path: Path) -> None:
    video = StampedVideo(tmp_path / 'v.mp4', rate=10.0)
    video.write(gray(90), 0)
    video.write(np.full((96, 64, 3), 200, np.uint8), NANOSECONDS // 10)
    video.close()
    capture = cv2.VideoCapture(str(tmp_path / 'v.mp4'))
    capture.read()
    frame = capture.read()[1]
    assert frame.shape == (48, 64, 3)
    # Half as high, so half as wide, in the middle.
    assert frame[24, 32].mean() == pytest.approx(200, abs=6)
    assert frame[24, 4].mean() == frame[24, 60].mean() == pytest.approx(0, abs=6)


@pytest.mark.parametrize('size', [(1, 1), (3, 5), (9000, 40)])
def test_any_size_becomes_a_video(tmp_path: Path, size: tuple[int, int]) -> None:
    video = StampedVideo(tmp_path / 'v.mp4', rate=10.0)
    video.write(np.full((size[1], size[0], 3), 120, np.uint8), 0)
    video.close()
    assert read(tmp_path / 'v.mp4') == pytest.approx([120], abs=12)


SMALL_FILES_ONLY = """
import resource, sys
from pathlib import Path
import numpy as np
from mask_proximity.core.outputs.video import StampedVideo
from mask_proximity.core.types import NANOSECONDS
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
video = StampedVideo(Path(sys.argv[1]), rate=10.0)
rng = np.random.default_rng(0)
for index in range(5):
    video.write(rng.integers(0, 255, (240, 320, 3), np.uint8), index * 100_000_000)
video.close()
"""


def test_a_video_that_did_not_fit_on_the_disk_is_told_and_removed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-c', SMALL_FILES_ONLY, str(tmp_path / 'v.mp4')],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert 'OutputError' in done.stderr and 'could not be written completely' in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match='UTF-8'):
        StampedVideo(tmp_path / '\udcff.mp4', rate=10.0).write(gray(1), 0)
