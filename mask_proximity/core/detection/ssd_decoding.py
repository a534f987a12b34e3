# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Decodes the output maps of an SSD: prior boxes, box decoding, non-maximum suppression.

W. Liu et al., SSD: Single Shot MultiBox Detector, 2016. It does what OpenCV's layers PriorBox
and DetectionOutput do, but only for the prior boxes that are likely enough to be a face.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.models.litert import Tensor
from mask_proximity.core.types import FloatArray


@dataclass(frozen=True, slots=True)
class PriorMap:
    """The prior boxes of a feature map: several in each cell, around its centre.

    Attributes:
        step: Distance between cells in pixels of the input.
        sizes: Width and height of each prior box of a cell in pixels of the input.
    """

    step: float
    sizes: tuple[tuple[float, float], ...]

    def boxes(self, rows: int, columns: int, side: int) -> FloatArray:
        """Centre, width and height of each box as fractions of the side, in the order of the net.

        Args:
            rows: Number of rows of the map.
            columns: Number of columns of the map.
            side: Side of the input in pixels.
        """
        boxes = np.empty((rows, columns, len(self.sizes), 4), np.float32)
        boxes[..., 0] = (np.arange(columns)[:, None] + 0.5) * (self.step / side)
        boxes[..., 1] = (np.arange(rows)[:, None, None] + 0.5) * (self.step / side)
        boxes[..., 2:] = np.divide(self.sizes, side)
        return boxes.reshape(-1, 4)


@dataclass(frozen=True, slots=True)
class Ssd:
    """The parameters of an SSD's outputs, from its description.

    Attributes:
        maps: Prior boxes of the maps, in the order of the outputs.
        variances: Factors of the net's offsets of centre x and y, width and height.
        least_score: Score that every detection must exceed, whatever the caller asks for.
        nms_threshold: IoU with a better box above which a box is dropped.
        top_k: Number of the best boxes that enter the non-maximum suppression.
        keep_top_k: Number of the best boxes that are kept after it.
    """

    maps: tuple[PriorMap, ...]
    variances: tuple[float, float, float, float]
    least_score: float
    nms_threshold: float
    top_k: int
    keep_top_k: int

    @classmethod
    def from_description(cls, description: ModelDescription, published: bool) -> Ssd:
        """Read the parameters from a description.

        Args:
            description: Description of the model.
            published: Whether to use the prior boxes as published, which are misplaced.

        Raises:
            ModelError: The description is incomplete.
        """
        step = 'published_step' if published else 'step'
        output = description.get('detection_output', dict)
        try:
            return cls(
                tuple(
                    PriorMap(
                        float(each[step]), tuple((float(w), float(h)) for w, h in each['sizes'])
                    )
                    for each in description.get('prior_boxes', list)
                ),
                tuple(float(value) for value in output['variances']),  # type: ignore[arg-type]
                float(output['least_score']),
                float(output['nms_threshold']),
                int(output['top_k']),
                int(output['keep_top_k']),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{description.path}: 'prior_boxes' or 'detection_output' of this model cannot be "
                f'read ({type(error).__name__}: {error}); restore the file'
            ) from None

    def detections(
        self,
        scores: Sequence[tuple[Tensor, npt.NDArray[Any]]],
        offsets: Sequence[tuple[Tensor, npt.NDArray[Any]]],
        priors: Sequence[FloatArray],
        min_score: float,
    ) -> tuple[FloatArray, FloatArray]:
        """The boxes with a score above `min_score`, best first.

        Args:
            scores: Stored logits of each map, 1 x rows x columns x n.
            offsets: Stored offsets of each map, 1 x rows x columns x 4 n.
            priors: Prior boxes of each map, see PriorMap.boxes.
            min_score: Score in [0, 1] that a detection must exceed.

        Returns:
            The boxes, n x 4: left, top, right and bottom as fractions of the image's sides, perhaps
            outside of it; and their n scores.
        """
        least = self._logit(min_score)
        found = [
            _above(*each, least, offset, prior)
            for each, offset, prior in zip(scores, offsets, priors, strict=True)
            # Most maps have no detection, and finding their maximum is much faster.
            if each[1].max() > each[0].threshold(least)
        ]
        if not found:
            return np.empty((0, 4), np.float32), np.empty(0, np.float32)
        logits, moved, prior = (np.concatenate(part) for part in zip(*found, strict=True))
        # A stable sort keeps the order of maps and cells among equal scores.
        order = np.argsort(-logits, kind='stable')[: self.top_k]
        boxes = self.decoded(moved[order], prior[order])
        values: FloatArray = 1.0 / (1.0 + np.exp(-logits[order]))
        # A diverged net must not put NaN boxes into the alert.
        finite = np.isfinite(boxes).all(axis=1)
        boxes, values = boxes[finite], values[finite]
        kept = self._not_suppressed(boxes, values)
        return boxes[kept], values[kept]

    def decoded(self, offsets: FloatArray, priors: FloatArray) -> FloatArray:
        """Boxes from prior boxes and offsets, n x 4: left, top, right, bottom.

        Args:
            offsets: Offsets as the net returns them, n x 4.
            priors: Centre, width and height of the prior boxes, n x 4.
        """
        offsets = offsets * np.asarray(self.variances, np.float32)
        # An overflow gives boxes that are not finite, which are dropped later.
        with np.errstate(over='ignore', invalid='ignore'):
            centres = priors[:, :2] + offsets[:, :2] * priors[:, 2:]
            halves = 0.5 * np.exp(offsets[:, 2:]) * priors[:, 2:]
            return np.concatenate([centres - halves, centres + halves], axis=1)

    def _logit(self, min_score: float) -> float:
        score = max(min_score, self.least_score)
        return math.log(score / (1.0 - score)) if score < 1.0 else math.inf

    def _not_suppressed(self, boxes: FloatArray, scores: FloatArray) -> npt.NDArray[np.intp]:
        corners_and_sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        kept = cv2.dnn.NMSBoxes(
            corners_and_sizes.tolist(), scores.tolist(), 0.0, self.nms_threshold
        )
        # Some versions of OpenCV 4 return n x 1, and a tuple if no box is left.
        return np.asarray(kept, np.intp).ravel()[: self.keep_top_k]


def _above(
    tensor: Tensor,
    stored: npt.NDArray[Any],
    least: float,
    offsets: tuple[Tensor, npt.NDArray[Any]],
    priors: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Logits, offsets and prior boxes of the cells whose logit is above `least`."""
    stored = stored.ravel()
    # Few are. Comparing the stored values avoids arithmetic for all others.
    chosen = np.flatnonzero(stored > tensor.threshold(least))
    chosen_offsets = offsets[1].reshape(-1, 4)[chosen]
    return tensor.values(stored[chosen]), offsets[0].values(chosen_offsets), priors[chosen]
