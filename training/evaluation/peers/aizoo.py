# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""AIZOOTech/FaceMaskDetection: an SSD at 260x260 that finds faces with and without a mask.

Anchors, variances and thresholds are those published with the weights.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ModelError, first_line
from mask_proximity.core.types import Box, FaceDetection, Image
from training.evaluation.models import two_class_probabilities
from training.evaluation.observations import Prediction

Array = npt.NDArray[np.float64]

INPUT_SIZE = 260
MIN_SCORE = 0.5
MAX_IOU = 0.4
"""IoU threshold of non-maximum suppression."""

CELLS = (33, 17, 9, 5, 3)
SIZES = ((0.04, 0.056), (0.08, 0.11), (0.16, 0.22), (0.32, 0.45), (0.64, 0.72))
RATIOS = (1.0, 0.62, 0.42)
VARIANCES = np.array([0.1, 0.1, 0.2, 0.2])
_FILES = ('face_mask_detection.prototxt', 'face_mask_detection.caffemodel')


class AizooModel:
    """Runs the Caffe model with OpenCV."""

    name = 'AIZOO'

    def __init__(self, folder: Path) -> None:
        """Load the model.

        Args:
            folder: The repository, or its folder `models`.

        Raises:
            ModelError: The files are missing, or OpenCV cannot run them.
        """
        roots = [root for root in (folder, folder / 'models') if (root / _FILES[0]).is_file()]
        if not roots:
            raise ModelError(
                f'{folder}: expected the repository AIZOOTech/FaceMaskDetection, with '
                f'models/{_FILES[0]} and {_FILES[1]}'
            )
        try:
            self._net = cv2.dnn.readNetFromCaffe(*(str(roots[0] / name) for name in _FILES))
            self._run(np.zeros((INPUT_SIZE, INPUT_SIZE, 3), np.uint8))
        except (cv2.error, AttributeError) as error:
            raise ModelError(
                f'{roots[0]}: OpenCV {cv2.__version__} cannot run this model ({first_line(error)})'
            ) from None
        self._anchors = anchors()

    def predict(self, picture: Image, min_score: float | None = None) -> list[Prediction]:
        """See Model.predict."""
        score = MIN_SCORE if min_score is None else min_score
        height, width = picture.shape[:2]
        return faces_in(*self._run(picture), self._anchors, width, height, score)

    def classify(self, picture: Image, box: Box) -> None:
        """Return None: the model only takes whole photos."""

    def _run(self, picture: Image) -> tuple[Array, Array]:
        """Return the offsets from the anchors, and the scores of mask and no mask."""
        size = (INPUT_SIZE, INPUT_SIZE)
        self._net.setInput(cv2.dnn.blobFromImage(picture, 1.0 / 255.0, size, swapRB=True))
        outputs = self._net.forward(['loc_branch_concat', 'cls_branch_concat'])
        offsets, classes = (np.asarray(output[0], np.float64) for output in outputs)
        return offsets, classes


def anchors() -> Array:
    """Return the anchors: n x (centre x, y, width, height), as fractions of the input's side."""
    rows = []
    for cells, sizes in zip(CELLS, SIZES, strict=True):
        shapes = [(size, size) for size in sizes]
        shapes += [(sizes[0] * ratio**0.5, sizes[0] / ratio**0.5) for ratio in RATIOS[1:]]
        centres = (np.arange(cells) + 0.5) / cells
        rows += [(x, y, *shape) for y in centres for x in centres for shape in shapes]
    return np.array(rows)


def decoded(offsets: Array, boxes: Array) -> Array:
    """Decode boxes: n x (x1, y1, x2, y2), as fractions of the input's side."""
    scaled = offsets * VARIANCES
    centres = boxes[:, :2] + scaled[:, :2] * boxes[:, 2:]
    halves = np.exp(scaled[:, 2:]) * boxes[:, 2:] / 2.0
    return np.concatenate([centres - halves, centres + halves], axis=1)


def faces_in(
    offsets: Array, classes: Array, boxes: Array, width: int, height: int, min_score: float
) -> list[Prediction]:
    """Decode the net's outputs.

    Args:
        offsets: n x 4, see `decoded`.
        classes: n x 2, scores of mask and no mask, each in [0, 1].
        boxes: The anchors.
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.
        min_score: Lowest score of the likelier class.
    """
    corners = decoded(offsets, boxes) * [width, height, width, height]
    scores = classes.max(axis=1)
    sizes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sizes.tolist(), scores.tolist(), min_score, MAX_IOU)
    result = []
    for index in np.array(kept, int).ravel():
        box = Box(*(float(value) for value in corners[index])).clamped(width, height)
        if min(box.width, box.height) < 1.0:
            continue
        mask, no_mask = (float(value) for value in classes[index] / classes[index].sum())
        detection = FaceDetection(box, float(scores[index]))
        result.append(Prediction(detection, two_class_probabilities(mask, no_mask)))
    return result
