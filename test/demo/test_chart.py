# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The picture of a drive."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from mask_proximity.core.sources.simulated.scene_file import load_scene, scene_path
from mask_proximity.core.types import Level
from mask_proximity.demo.chart import draw_drive
from mask_proximity.demo.closed_loop import LoopState


def drive(stand: float) -> list[LoopState]:
    """20 s at 0.5 m/s towards somebody 6 m ahead, with a stand from 9 s for a while."""
    course, distance = [], 6.0
    for index in range(200):
        time = index / 10.0
        speed = 0.0 if 9.0 <= time < 9.0 + stand else 0.5
        distance -= speed / 10.0
        known = distance if distance > 0.0 else math.nan
        course.append(LoopState(time, known, math.nan, known, Level.CAUTION, speed))
    return course


def red(picture: bytes) -> int:
    """Pixels in the colour of stops and limits."""
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    return int((np.abs(image.astype(int) - (0x1E, 0x26, 0xB3)).max(axis=2) < 8).sum())


def test_a_stop_is_marked_and_the_picture_is_the_same_each_time(tmp_path: Path) -> None:
    script = load_scene(scene_path('corridor'))
    with_stop, without = draw_drive(drive(5.0), script), draw_drive(drive(0.5), script)
    assert with_stop == draw_drive(drive(5.0), script)
    # Two squares of some 100 pixels, and the text.
    assert red(with_stop) > red(without) + 200
