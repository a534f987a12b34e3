# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The SSD rebuilt out of its Caffe file: the same net, and the files that are made of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.detection.litert_ssd import LiteRtSsdFaceDetector
from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.models.description import FACE_SSD, ModelDescription
from mask_proximity.core.types import FaceDetection, Image

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.litert,
    pytest.mark.xdist_group('tensorflow'),
]

MODELS = Path(__file__).resolve().parent.parent.parent / 'models'
AGREEMENT = 1e-3


@pytest.fixture(scope='module')
def committed() -> ModelDescription:
    return ModelDescription.load(MODELS / FACE_SSD)


@pytest.fixture(scope='module')
def float32(committed: ModelDescription) -> bytes:
    """Of the very weights that OpenCV reads."""
    from training import caffe
    from training.face_litert import to_float32
    from training.face_net import FaceNet

    layers = caffe.load(committed.read('prototxt'), committed.read('caffemodel'))
    net = FaceNet(layers, np.asarray(committed.content['mean']))
    np.testing.assert_allclose(net.border, committed.content['border'], rtol=1e-2)
    return to_float32(net, 384)


@pytest.fixture(scope='module')
def litert(
    committed: ModelDescription, float32: bytes, tmp_path_factory: pytest.TempPathFactory
) -> LiteRtSsdFaceDetector:
    folder = tmp_path_factory.mktemp('float32')
    (folder / 'face_ssd_float32.tflite').write_bytes(float32)
    entry = {'file': 'face_ssd_float32.tflite', 'sha256': hashlib.sha256(float32).hexdigest()}
    path = folder / FACE_SSD
    path.write_text(json.dumps({**committed.content, 'files': {'litert': entry}}))
    return LiteRtSsdFaceDetector(ModelDescription.load(path), 2)


def pictures(portrait: Image, data: Path) -> Iterator[Image]:
    yield portrait
    for path in sorted((data / 'scenes' / 'images').iterdir())[:12]:
        picture = cv2.imread(str(path))
        yield picture
        yield np.ascontiguousarray(picture[: picture.shape[0] // 2, picture.shape[1] // 3 :])


def corners(found: FaceDetection) -> list[float]:
    return [found.box.x1, found.box.y1, found.box.x2, found.box.y2]


@pytest.mark.parametrize('size', [384, 300, 224])
def test_opencv_and_the_rebuilt_net_agree_on_real_pictures(
    committed: ModelDescription,
    litert: LiteRtSsdFaceDetector,
    portrait: Image,
    data: Path,
    size: int,
) -> None:
    opencv = SsdFaceDetector(committed)
    faces = 0
    for picture in pictures(portrait, data):
        exact, found = (net.detect(picture, 0.15, size) for net in (opencv, litert))
        # What scores alike may come in another order.
        exact.sort(key=corners), found.sort(key=corners)
        height, width = picture.shape[:2]
        np.testing.assert_allclose(
            [each.score for each in found], [each.score for each in exact], atol=AGREEMENT
        )
        np.testing.assert_allclose(
            np.divide([corners(each) for each in found], [width, height, width, height])
            if found
            else [],
            np.divide([corners(each) for each in exact], [width, height, width, height])
            if exact
            else [],
            atol=AGREEMENT,
        )
        faces += len(exact)
    assert faces > 30, 'there was enough to compare'


def test_the_committed_ranges_are_of_this_net(float32: bytes) -> None:
    from training.convert_face_detector import RANGES
    from training.face_litert import OUTPUTS, to_int8

    ranges = json.loads(RANGES.read_text())
    assert set(OUTPUTS) <= set(ranges)
    # A tensor without a range would end the conversion.
    assert len(to_int8(float32, ranges)) < 0.3 * len(float32)


def test_a_prototxt_is_read_as_it_is_written() -> None:
    from training import caffe

    text = 'input: "a b" # not: this\nlayer { name: "x" p { dim: 1 dim: -1.5 } p { ok: true } }'
    assert caffe.parse(text) == {
        'input': ['a b'],
        'layer': [{'name': ['x'], 'p': [{'dim': ['1', '-1.5']}, {'ok': ['true']}]}],
    }
