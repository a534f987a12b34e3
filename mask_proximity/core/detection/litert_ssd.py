# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The SSD face detector on LiteRT."""

from __future__ import annotations

import cv2
import numpy as np

from mask_proximity.core.detection.ssd_decoding import Ssd
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.models.litert import LiteRtNet
from mask_proximity.core.types import Box, FaceDetection, Image

_BORDER = 3
"""Width in pixels of the border around the image, in the mean colour of the net."""

_MULTIPLE = 4
"""The side of the input of the LiteRT net is a multiple of this."""

_PAIR = 6
"""Channels of the input of the LiteRT net: two adjacent pixels each, see training/face_net.py."""

_HALF = 0x80
"""Value that is subtracted from pixels where the net computes with 8 bits."""


class LiteRtSsdFaceDetector:
    """The SSD face detector on LiteRT, converted by training/convert_face_detector.py.

    Not thread-safe. With weights and maps of 8 bits it is about five times as fast as
    SsdFaceDetector.
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
            description: Description of the model.
            threads: Number of threads, see core/models/threads.py.
            published: Whether to use the prior boxes as published, which are misplaced.
            role: Key of the model file among the 'files' of the description.

        Raises:
            ModelError: A file is missing or is not the expected one, or LiteRT is not installed.
        """
        self._ssd = Ssd.from_description(description, published)
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

        At other sides, Caffe and LiteRT place the cells of the first maps differently.
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
            # Equivalent to subtracting _HALF; the pixels stay exact.
            np.bitwise_xor(self._pixels, _HALF, out=memory.view(np.uint8))
        else:
            memory[:] = self._border
            memory[inside] = self._pixels[inside]
