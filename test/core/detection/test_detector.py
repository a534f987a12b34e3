# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Face detectors on a real picture."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.detection.detector import FaceDetector, suppress_contained
from mask_proximity.core.detection.litert_ssd import LiteRtSsdFaceDetector
from mask_proximity.core.detection.loading import load_ssd_face_detector
from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.detection.yunet import YuNetFaceDetector
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import (
    FACE_SSD,
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.types import Box, FaceDetection, Image

FACE = Box(179, 58, 272, 177)


@pytest.fixture(scope='session')
def described() -> ModelDescription:
    return ModelDescription.load(models_directory() / FACE_SSD)


@pytest.fixture(scope='module', params=['opencv', pytest.param('litert', marks=pytest.mark.litert)])
def ssd(request: pytest.FixtureRequest, described: ModelDescription) -> FaceDetector:
    return load_ssd_face_detector(described, request.param, 2)


@pytest.fixture(scope='session')
def yunet_file(data: Path) -> Path:
    path = data.parent / 'models' / 'face_detection_yunet_2023mar.onnx'
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the data: it is the user's own file")
    return path


def test_ssd_finds_the_face(ssd: FaceDetector, portrait: Image) -> None:
    (found,) = ssd.detect(portrait, 0.5)
    assert found.box.iou(FACE) > 0.9
    assert found.score > 0.99


def test_ssd_takes_a_view_that_is_not_contiguous(ssd: FaceDetector, portrait: Image) -> None:
    padded = np.zeros((512, 600, 3), np.uint8)
    padded[:, :512] = portrait
    (found,) = ssd.detect(padded[:, :512], 0.5)
    assert found.box.iou(FACE) > 0.9


def test_ssd_finds_nobody_in_noise(ssd: FaceDetector) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    assert ssd.detect(noise, 0.5) == []


@pytest.mark.parametrize('shape', [(1, 1, 3), (2, 3000, 3), (3000, 2, 3)])
def test_ssd_takes_any_size(ssd: FaceDetector, shape: tuple[int, int, int]) -> None:
    ssd.detect(np.zeros(shape, np.uint8), 0.5)


@pytest.mark.parametrize(
    'window', [(200, 0, 512, 512), (0, 0, 250, 512), (0, 100, 512, 512), (0, 0, 512, 140)]
)
def test_boxes_at_the_edge_stay_inside(
    ssd: FaceDetector, portrait: Image, window: tuple[int, int, int, int]
) -> None:
    x1, y1, x2, y2 = window
    cut = portrait[y1:y2, x1:x2]
    for found in ssd.detect(cut, 0.05):
        assert found.box == found.box.clamped(cut.shape[1], cut.shape[0])


def test_scores_come_best_first_and_above_the_limit(ssd: FaceDetector, portrait: Image) -> None:
    scores = [found.score for found in ssd.detect(cv2.resize(portrait, (300, 300)), 0.05)]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0.05


def test_a_face_that_fills_the_picture_is_one_face(
    ssd: FaceDetector, described: ModelDescription, portrait: Image
) -> None:
    close = portrait[46:189, 170:282]
    face = Box(FACE.x1 - 170, FACE.y1 - 46, FACE.x2 - 170, FACE.y2 - 46)
    (found,) = ssd.detect(close, 0.5, 300)
    assert found.box.iou(face) > 0.75
    # As it was published, the net puts most of its boxes beside the face.
    published = load_ssd_face_detector(described, ssd.name, 2, published=True)
    beside = [each for each in published.detect(close, 0.5, 300) if each.box.iou(face) < 0.1]
    assert len(beside) > 3


def largest_difference(
    exact: list[FaceDetection], found: list[FaceDetection], min_score: float, image: Image
) -> float:
    """Of a score, or of a side of a box as a part of the picture's.

    Only of what is well above `min_score`: what is just above it here may be just below it there.
    """
    height, width = image.shape[:2]
    exact_rows, found_rows = (
        np.array(
            [
                (each.box.x1 / width, each.box.y1 / height, each.box.x2 / width)
                + (each.box.y2 / height, each.score)
                for each in detections
            ]
        ).reshape(-1, 5)
        for detections in (exact, found)
    )
    largest = 0.0
    for ones, others in ((exact_rows, found_rows), (found_rows, exact_rows)):
        for one in ones[ones[:, 4] > min_score + 0.01]:
            largest = max(largest, float(np.abs(others - one).max(axis=1).min(initial=1.0)))
    return largest


@pytest.mark.litert
@pytest.mark.parametrize('published', [False, True])
def test_litert_finds_what_opencv_finds(
    described: ModelDescription, portrait: Image, published: bool
) -> None:
    opencv = SsdFaceDetector(described, published)
    float16 = LiteRtSsdFaceDetector(described, 2, published, 'litert_float16')
    faces = 0
    # One net at sizes up and down.
    for size in (0, 300, 64, 224, 512, 384):
        for image in (portrait, portrait[:, 100:400], np.hstack([portrait, portrait[:, ::-1]])):
            exact, found = (net.detect(image, 0.15, size) for net in (opencv, float16))
            assert largest_difference(exact, found, 0.15, image) < 2e-3
            faces += len(exact)
    assert faces > 25, 'there was enough to compare'


@pytest.mark.litert
def test_litert_in_8_bits_finds_the_same_faces_in_real_pictures(
    described: ModelDescription, data: Path
) -> None:
    opencv, litert = (load_ssd_face_detector(described, name, 2) for name in ('opencv', 'litert'))
    faces = missed = 0
    for path in sorted((data / 'scenes' / 'images').iterdir())[:40]:
        picture = cv2.imread(str(path))
        found = litert.detect(picture, 0.1)
        for exact in opencv.detect(picture, 0.3):
            faces += 1
            missed += all(each.box.iou(exact.box) < 0.6 for each in found)
    assert faces > 60 and missed <= 0.02 * faces


@pytest.mark.litert
def test_a_side_between_is_rounded(described: ModelDescription, portrait: Image) -> None:
    litert = load_ssd_face_detector(described, 'litert', 2)
    assert litert.detect(portrait, 0.1, 299) == litert.detect(portrait, 0.1, 300)
    assert litert.detect(portrait, 0.1, 303) != litert.detect(portrait, 0.1, 300)


@pytest.mark.litert
def test_auto_is_litert_where_it_is(
    described: ModelDescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_ssd_face_detector(described, 'auto', 1).name == 'litert'
    monkeypatch.setitem(sys.modules, 'ai_edge_litert.interpreter', None)
    assert load_ssd_face_detector(described, 'auto', 1).name == 'opencv'
    with pytest.raises(ModelError, match='face_backend litert needs the package ai-edge-litert'):
        load_ssd_face_detector(described, 'litert', 1)


@pytest.mark.litert
def test_another_net_gets_a_sentence(described: ModelDescription) -> None:
    masks = ModelDescription.load(models_directory() / MASK_CLASSIFIER)
    foreign = ModelDescription(masks.path, {**described.content, 'files': masks.content['files']})
    with pytest.raises(ModelError, match='not the face detector that its description promises'):
        LiteRtSsdFaceDetector(foreign, 1)


def test_a_doubtful_box_on_a_surer_one_is_dropped() -> None:
    face = FaceDetection(Box(100, 100, 200, 220), 0.9)
    hair = FaceDetection(Box(130, 95, 160, 125), 0.2)
    sure = FaceDetection(Box(130, 95, 160, 125), 0.6)
    beside = FaceDetection(Box(190, 100, 290, 220), 0.2)
    around = FaceDetection(Box(50, 50, 300, 300), 0.15)
    assert suppress_contained([face, hair], 0.5) == [face]
    assert suppress_contained([face, beside, around], 0.5) == [face, beside]
    assert suppress_contained([face, sure], 0.5) == [face, sure]
    assert suppress_contained([hair], 0.5) == [hair]


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h), *[st.floats(1, 500) for _ in range(4)]
)


@given(st.lists(st.builds(FaceDetection, boxes, st.floats(0, 1)), max_size=12), st.floats(0, 1))
def test_what_is_kept_is_sure_or_stands_apart(found: list[FaceDetection], sure: float) -> None:
    found.sort(key=lambda each: -each.score)
    kept = suppress_contained(found, sure)
    assert [each for each in found if each.score > sure] == kept[
        : sum(each.score > sure for each in found)
    ]
    assert kept[:1] == found[:1]
    assert suppress_contained(kept, sure) == kept


def test_opencv_without_caffe_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    # OpenCV 5 is another environment; what it lacks is this one function.
    monkeypatch.delattr(cv2.dnn, 'readNetFromCaffe')
    with pytest.raises(ModelError, match="install 'opencv-python-headless<5'"):
        SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))


def test_yunet_finds_the_face(yunet_file: Path, portrait: Image) -> None:
    if tuple(int(part) for part in cv2.__version__.split('.')[:2]) < (4, 8):
        with pytest.raises(ModelError, match='use OpenCV 4.8 or newer'):
            YuNetFaceDetector(yunet_file)
        return
    detector: FaceDetector = YuNetFaceDetector(yunet_file)
    (found,) = detector.detect(portrait, 0.5)
    assert found.box.iou(FACE) > 0.6
    right, left, nose, *mouth = found.landmarks
    assert right[0] < nose[0] < left[0] and right[1] < nose[1] < min(y for _, y in mouth)
    assert found.landmarks[4][0] - found.landmarks[3][0] > 20.0
    assert detector.detect(np.zeros((100, 100, 3), np.uint8), 0.5) == []


def test_yunet_without_a_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match='face_model yunet needs face_model_path'):
        YuNetFaceDetector(tmp_path / 'none.onnx')


def test_yunet_with_another_file_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / 'broken.onnx'
    path.write_bytes(b'no net at all')
    with pytest.raises(ModelError, match='cannot run this YuNet model') as caught:
        YuNetFaceDetector(path)
    assert '\n' not in str(caught.value)
