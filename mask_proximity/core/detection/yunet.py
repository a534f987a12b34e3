# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The YuNet face detector, run by cv2.FaceDetectorYN."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ModelError, first_line
from mask_proximity.core.types import Box, FaceDetection, Image


class YuNetFaceDetector:
    """YuNet (S. Yu et al.), run by cv2.FaceDetectorYN. The user provides the ONNX file."""

    name = 'opencv'

    def __init__(self, path: Path) -> None:
        """Load the net from an ONNX file, e.g. face_detection_yunet_2023mar.onnx of OpenCV's zoo.

        Raises:
            ModelError: The path is empty or no file, or this OpenCV cannot run the net.
        """
        if not path.is_file():
            raise ModelError(
                'face_model yunet needs face_model_path, the path of a YuNet ONNX file '
                '(face_detection_yunet_2023mar.onnx of the OpenCV zoo), but there is no file '
                f'{str(path)!r}'
            )
        try:
            self._net = cv2.FaceDetectorYN.create(str(path), '', (320, 320))
            # The 2023 model loads but cannot run on OpenCV before 4.8: run it once, to fail early.
            self.detect(np.zeros((320, 320, 3), np.uint8), 0.5)
        except (cv2.error, AttributeError) as error:
            raise ModelError(
                f'{path}: OpenCV {cv2.__version__} cannot run this YuNet model '
                f'({first_line(error)}); use OpenCV 4.8 or newer and a face_detection_yunet file'
            ) from None

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        """See FaceDetector.detect; YuNet runs at the size of the image."""
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
