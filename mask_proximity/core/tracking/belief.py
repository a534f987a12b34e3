# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask probability of a person, smoothed over frames."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.tracking.observation import Observation

_CLIP = 4.0

_LARGEST_PART = 0.3
"""Largest share that one frame may have in a belief.

With logits of at most +-_CLIP, a frame then takes a belief of 0.75 no lower than
sigmoid(0.7 * log(3) - 0.3 * 4) = 0.39, and one of 0.25 no higher than 0.61.
"""

_LONGEST_FRAME = 0.2
"""Longest time in seconds that one frame may represent."""

_SHARP = 0.15
"""Tenengrad from which a face has full weight; for intensities in [-1, 1] and a side of 160 px."""

_WIDE = 48.0
"""Width in pixels from which a face has full weight."""

_LEAST_WEIGHT = 0.2
"""Least weight: good evidence outlasts poor evidence by at most log2(5) half-lives."""


def evidence_weights(
    faces: npt.NDArray[np.float32], widths: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Weights of single images of faces as evidence of a mask, by their size and sharpness.

    min(1, width / 48) * min(1, Tenengrad / 0.15), at least 0.2: fitted to the squared
    ratio of mean to spread of the logits of the package's classifier (the weight of a measurement
    in a mean), where a positive logit is a correct one; see docs/tracking.md. Tenengrad is the mean
    squared gradient by Sobel's operator (J. M. Tenenbaum, 1970).

    Args:
        faces: Inputs of the classifier, n x side x side x 3.
        widths: Widths of the n boxes in pixels.

    Returns:
        The n weights, in (0, 1].
    """
    sharpness = np.array([_tenengrad(face) for face in faces], np.float64)
    # The more pixels a face has, the smaller the difference between neighbouring ones.
    sharpness *= (faces.shape[1] / 160.0) ** 2
    weights = np.minimum(sharpness / _SHARP, 1.0) * np.minimum(
        np.asarray(widths, np.float64) / _WIDE, 1.0
    )
    return np.asarray(np.maximum(weights, _LEAST_WEIGHT), np.float64)


def _tenengrad(face: npt.NDArray[np.float32]) -> float:
    gray = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    gradients = (cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    return sum(cv2.norm(each, cv2.NORM_L2SQR) for each in gradients) / gray.size


def incorrect_evidence(observation: Observation) -> tuple[float, float]:
    """P(worn wrong | not worn right) and its weight."""
    rest = 1.0 - observation.mask_probability
    if rest <= 0.0:
        return 0.0, 0.0
    return min(observation.incorrect_probability / rest, 1.0), observation.weight * rest


class Belief:
    """A mean of logits in which the weight of a frame halves with every half-life."""

    def __init__(self, probability: float, weight: float) -> None:
        self.probability = probability
        self._mass = weight

    def add(self, probability: float, weight: float, passed: float, half_life: float) -> None:
        """Add the evidence of a frame that came `passed` seconds after the previous one."""
        if half_life == 0.0:
            self.probability, self._mass = probability, weight
            return
        self._mass *= 2.0 ** (-passed / half_life)
        mass = weight * (1.0 - 2.0 ** (-min(passed, _LONGEST_FRAME) / half_life))
        self._mass += mass
        part = min(mass / self._mass, _LARGEST_PART) if mass > 0.0 else 0.0
        before = _logit(self.probability)
        after = before + part * (_logit(probability) - before)
        self.probability = 1.0 / (1.0 + math.exp(-after))


def _logit(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        return math.copysign(_CLIP, probability - 0.5)
    return min(max(math.log(probability / (1.0 - probability)), -_CLIP), _CLIP)
