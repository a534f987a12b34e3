# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The SSD face detector on OpenCV's DNN module."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ModelError, first_line
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.types import Box, FaceDetection, Image


class SsdFaceDetector:
    """OpenCV's SSD face detector: ResNet-10, trained at 300x300 on BGR minus a mean; on OpenCV.

    The net and its mean are those of OpenCV's samples/dnn/face_detector. Prior boxes that are
    misplaced there are corrected, see training/convert_face_detector.py.
    """

    name = 'opencv'

    def __init__(self, description: ModelDescription, published: bool = False) -> None:
        """Load the net.

        Args:
            description: Description of the model, with the files 'prototxt',
                'published_prototxt' and 'caffemodel'.
            published: Whether to use the prior boxes as published, which are misplaced.

        Raises:
            ModelError: A file is missing or not the expected one, or this OpenCV cannot read Caffe
                models.
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
