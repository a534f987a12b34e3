# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames have just the faces that they are drawn with, and the user's own come in whole."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.performance.frames import Case, FramesError, draw_frames, save_frames
from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.perception.pipeline import find_faces
from mask_proximity.core.settings.nodes import DetectorSettings


@pytest.fixture(scope='module')
def detector() -> FaceDetector:
    return load_face_detector(DetectorSettings())


@pytest.mark.parametrize('faces', [0, 3])
def test_all_faces_are_found_and_no_others(faces: int, detector: FaceDetector) -> None:
    frames = draw_frames(Case(faces, 640, 480), detector, count=2)
    for frame in frames:
        assert frame.shape == (480, 640, 3)
        assert len(find_faces(frame, detector, DetectorSettings())) == faces
    # Or the camera would count as frozen.
    assert np.count_nonzero(frames[0] != frames[1]) > frames[0].size / 2


def test_too_many_faces_are_refused(detector: FaceDetector) -> None:
    with pytest.raises(FramesError, match='exactly 60 faces in 0; expected 1: ask for fewer'):
        draw_frames(Case(60, 160, 120), detector, count=1)


def test_own_pictures_are_shown_whole(tmp_path: Path, detector: FaceDetector) -> None:
    pictures, made = tmp_path / 'pictures', tmp_path / 'made'
    pictures.mkdir()
    made.mkdir()
    for number in range(3):
        cv2.imwrite(str(pictures / f'{number}.png'), np.full((50, 200, 3), 40 * number, np.uint8))
    case = Case(None, 100, 100)
    save_frames([case], made, detector, pictures)
    frames = np.load(made / f'{case.name}.npy')
    assert frames.shape == (3, 100, 100, 3)
    # As wide as the frame, a quarter as high, and grey above and below.
    assert [frame[:, 50, 0].tolist().count(40 * number) for number, frame in enumerate(frames)] == [
        25
    ] * 3
