# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Face detectors: a frame in, boxes with scores out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.detection.ssd_decoding import Ssd
from mask_proximity.core.errors import ModelError, first_line
from mask_proximity.core.models import litert
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.models.litert import LiteRtNet
from mask_proximity.core.types import Box, FaceDetection, Image


class FaceDetector(Protocol):
    """Finds faces in a picture."""

    @property
    def name(self) -> str:
        """The value of face_backend that asks for this one, e.g. 'litert'; 'opencv' for YuNet."""
        ...

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        """The faces with a score above `min_score`, best first, clamped to the picture.

        Args:
            image: height x width x 3, uint8, BGR.
            min_score: in [0, 1].
            input_size: side of the square that the net looks at, pixels, where it can be chosen;
                0 = the model's own.

        Returns:
            Boxes in pixels of `image`. A box that lies wholly outside comes back empty, and
            whoever crops it must skip it.
        """
        ...


MOSTLY_INSIDE = 0.5
"""A box is a double of another one if so much of the smaller of both lies in the other."""


def without_doubles(detections: Sequence[FaceDetection], sure: float) -> list[FaceDetection]:
    """Drop doubtful boxes on a face that a surer box shows already.

    The detectors drop boxes that overlap much; a small box on the hair of a large face does not.

    Args:
        detections: best first.
        sure: detections with a higher score are all kept.
    """
    kept: list[FaceDetection] = []
    for detection in detections:
        box = detection.box
        doubtful = detection.score <= sure
        if not doubtful or all(box.inside(other.box) <= MOSTLY_INSIDE for other in kept):
            kept.append(detection)
    return kept


class SsdFaceDetector:
    """OpenCV's SSD face detector: ResNet-10, trained at 300x300 on BGR less a mean; on OpenCV.

    The net and its mean are those of OpenCV's samples/dnn/face_detector, but for prior boxes that
    were misplaced there, see training/convert_face_detector.py.
    """

    name = 'opencv'

    def __init__(self, description: ModelDescription, published: bool = False) -> None:
        """Load the net.

        Args:
            description: of the model, with the files 'prototxt', 'published_prototxt' and
                'caffemodel'.
            published: take the net as it was published, misplaced prior boxes and all.

        Raises:
            ModelError: a file is missing or foreign, or this OpenCV cannot read Caffe models.
        """
        if not hasattr(cv2.dnn, 'readNetFromCaffe'):
            raise ModelError(
                f'OpenCV {cv2.__version__} cannot run the SSD face detector, because OpenCV 5 has '
                'no Caffe importer: install ai-edge-litert and set face_backend to auto, install '
                "'opencv-python-headless<5', or set face_model to yunet"
            )
        prototxt = description.read('published_prototxt' if published else 'prototxt')
        weights = description.read('caffemodel')
        self._mean = tuple(float(value) for value in description.get('mean', list))
        width, height = description.get('input_size', list)
        self._input_size = (int(width), int(height))
        try:
            self._net = cv2.dnn.readNetFromCaffe(
                np.frombuffer(prototxt, np.uint8), np.frombuffer(weights, np.uint8)
            )
        except cv2.error as error:
            raise ModelError(
                f'{description.file("caffemodel")}: OpenCV {cv2.__version__} cannot load this face '
                f'detector ({first_line(error)}); use OpenCV 4.5.4 to 4.x'
            ) from None

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        """See FaceDetector.detect."""
        height, width = image.shape[:2]
        size = (input_size, input_size) if input_size else self._input_size
        blob = cv2.dnn.blobFromImage(image, 1.0, size, self._mean, swapRB=False, crop=False)
        self._net.setInput(blob)
        rows: npt.NDArray[np.float32] = self._net.forward()[0, 0]
        # In double precision: a rounded product could fall on the other side of a whole pixel.
        scale = np.array([width, height, width, height], np.float64)
        return [
            FaceDetection(
                Box(*(float(value) for value in row[3:7] * scale)).clamped(width, height),
                min(float(row[2]), 1.0),
            )
            for row in rows[rows[:, 2] > min_score]
            # A diverged net must not put NaN boxes into the alert.
            if np.isfinite(row).all()
        ]


_BORDER = 3
"""Pixels around the picture, of a colour that the net takes for nothing."""

_MULTIPLE = 4
"""Of this the side of the LiteRT net's input is a multiple."""

_PAIR = 6
"""Channels of the LiteRT net's input: pixels lie there two by two, see training/face_net.py."""

_HALF = 0x80
"""Pixels are stored as what they are above it where the net computes with 8 bits."""


class LiteRtSsdFaceDetector:
    """The same net on LiteRT, converted by training/convert_face_detector.py; for one thread.

    Beside SsdFaceDetector it is some five times as fast with weights and maps of 8 bits.
    """

    name = 'litert'

    def __init__(
        self,
        description: ModelDescription,
        threads: int,
        published: bool = False,
        role: str = 'litert',
    ) -> None:
        """Load the net.

        Args:
            description: of the model.
            threads: see core/models/threads.py.
            published: with the prior boxes as they were published, misplaced.
            role: of the file, among the description's 'files'.

        Raises:
            ModelError: a file is missing or foreign, or LiteRT is not installed.
        """
        self._ssd = Ssd.of(description, published)
        self._own_side = int(description.get('input_size', list)[0])
        self._border = np.asarray(description.get('border', list), np.float32)
        self._net = LiteRtNet(
            description.read(role), description.file(role), threads, 'face_backend'
        )
        self._check()
        self._resize(self._own_side)

    def _check(self) -> None:
        taken = self._net.inputs[0]
        pixels = taken.shape[3] == _PAIR and (
            taken.dtype == np.float32
            or (taken.dtype == np.int8 and (taken.scale, taken.zero_point) == (1.0, -_HALF))
        )
        channels = [output.shape[3:] for output in self._net.outputs]
        promised = [
            (size,) for each in self._ssd.maps for size in (len(each.sizes), 4 * len(each.sizes))
        ]
        if not pixels or channels != promised:
            raise ModelError(
                f'{self._net.path}: this is not the face detector that its description promises: '
                f'it takes {taken.shape[3]} channels of {taken.dtype} and gives {channels}, '
                f'expected pairs of pixels and {promised}; restore the file'
            )

    def _resize(self, side: int) -> None:
        padded = side + 2 * _BORDER
        self._net.resize((1, padded, padded // 2, _PAIR))
        self._side = side
        self._pixels: Image = np.empty((padded, padded, 3), np.uint8)
        self._pixels[:] = np.rint(self._border)
        self._priors = [
            each.boxes(output.shape[1], output.shape[2], side)
            for each, output in zip(self._ssd.maps, self._net.outputs[::2], strict=True)
        ]

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        """See FaceDetector.detect; the side is rounded to the nearest multiple of 4.

        At others, Caffe and LiteRT lay the cells of the first maps differently.
        """
        height, width = image.shape[:2]
        self._show(image, input_size or self._own_side)
        self._net.run()
        outputs = [
            (tensor, self._net.output_memory(number))
            for number, tensor in enumerate(self._net.outputs)
        ]
        boxes, scores = self._ssd.detections(outputs[::2], outputs[1::2], self._priors, min_score)
        # In double precision: a rounded product could fall on the other side of a whole pixel.
        corners = boxes * np.array([width, height, width, height], np.float64)
        return [
            FaceDetection(Box(*corner).clamped(width, height), score)
            for corner, score in zip(corners.tolist(), scores.tolist(), strict=True)
        ]

    def _show(self, image: Image, input_size: int) -> None:
        side = max(round(input_size / _MULTIPLE), 1) * _MULTIPLE
        if side != self._side:
            self._resize(side)
        inside = np.s_[_BORDER:-_BORDER, _BORDER:-_BORDER]
        cv2.resize(image, (side, side), dst=self._pixels[inside])
        memory = self._net.input_memory().reshape(self._pixels.shape)
        if memory.dtype == np.int8:
            # The same as to subtract _HALF, and the pixels stay exact.
            np.bitwise_xor(self._pixels, _HALF, out=memory.view(np.uint8))
        else:
            memory[:] = self._border
            memory[inside] = self._pixels[inside]


def load_ssd_face_detector(
    description: ModelDescription, backend: str, threads: int, published: bool = False
) -> FaceDetector:
    """Load the SSD with a backend of the user's choice.

    Args:
        description: of the model.
        backend: 'auto', 'litert' or 'opencv'. 'auto' is LiteRT where it is installed, and OpenCV
            elsewhere.
        threads: for LiteRT, see core/models/threads.py. OpenCV has one pool for the whole process.
        published: with the prior boxes as they were published, misplaced.

    Raises:
        ModelError: a file does not fit its description, or the backend is not installed.
    """
    if backend == 'auto':
        backend = 'litert' if litert.is_installed() else 'opencv'
    if backend == 'litert':
        return LiteRtSsdFaceDetector(description, threads, published)
    if backend == 'opencv':
        return SsdFaceDetector(description, published)
    raise ModelError(f"face_backend is {backend!r}; expected 'auto', 'litert' or 'opencv'")


class YuNetFaceDetector:
    """YuNet (S. Yu et al.), by way of cv2.FaceDetectorYN; the ONNX file is the user's own."""

    name = 'opencv'

    def __init__(self, path: Path) -> None:
        """Load the net from an ONNX file, e.g. face_detection_yunet_2023mar.onnx of OpenCV's zoo.

        Raises:
            ModelError: no path, no such file, or this OpenCV cannot run it.
        """
        if not path.is_file():
            raise ModelError(
                'face_model yunet needs face_model_path, the path of a YuNet ONNX file '
                '(face_detection_yunet_2023mar.onnx of the OpenCV zoo), but there is no file '
                f'{str(path)!r}'
            )
        try:
            self._net = cv2.FaceDetectorYN.create(str(path), '', (320, 320))
            # The 2023 model loads but cannot run on OpenCV before 4.8: find out now, not later.
            self.detect(np.zeros((320, 320, 3), np.uint8), 0.5)
        except (cv2.error, AttributeError) as error:
            raise ModelError(
                f'{path}: OpenCV {cv2.__version__} cannot run this YuNet model '
                f'({first_line(error)}); use OpenCV 4.8 or newer and a face_detection_yunet file'
            ) from None

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        """See FaceDetector.detect; YuNet looks at the picture in its own size."""
        height, width = image.shape[:2]
        self._net.setInputSize((width, height))
        self._net.setScoreThreshold(min_score)
        found = self._net.detect(image)[1]
        if found is None:
            return []
        rows: npt.NDArray[np.float32] = np.asarray(found, np.float32)
        return [
            FaceDetection(
                Box(x, y, x + w, y + h).clamped(width, height),
                min(score, 1.0),
                tuple(zip(points[::2], points[1::2], strict=True)),
            )
            for x, y, w, h, *points, score in rows.tolist()
            if np.isfinite([x, y, w, h, *points, score]).all()
        ]
