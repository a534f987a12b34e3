# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Detects a frozen, black or covered camera, whose images must not count as an empty scene."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.monitoring.settings import CameraWatchSettings
from mask_proximity.core.types import NANOSECONDS, Image, Reason

BLACK = (
    'The picture is black: take the cap off the lens, give it light, or raise the exposure of the '
    'camera (dark_level says what counts as black).'
)
COVERED = (
    'The picture shows nothing, as when the camera is covered: free the lens and wipe it; if '
    'it faces a blank wall, turn the camera or lower covered_contrast.'
)

# Cells along the longer side of the image. Each is the mean of pixels from all over it, which
# removes the noise of the sensor but keeps faces: a near face is at least four cells wide.
_CELLS = 64
# How often an image is halved on the way to cells, each pixel becoming the mean of four; OpenCV has
# vector code for that, but not for means of more. A larger image is subsampled first, so that the
# cost does not depend on its size: at least 64 pixels of each cell count.
_HALVINGS = 2
# Standard deviations of the two blurs in cells. Their difference keeps detail that is wider than
# noise and narrower than vignetting or the light that shines through a finger.
_FINE, _COARSE = 0.7, 1.5
# Cells along the edge, where a blur has no neighbours on one side.
_BORDER = 2
# Fractions of the cells: a hot pixel or a small gap is not enough for an image.
_BRIGHTEST, _CLEAREST = 0.01, 0.02
# Hysteresis: a dark image must exceed the limits by this factor, so that noise causes no flicker.
_CLEARLY = 1.25
# Every 32nd row is compared first; no two images of a working camera have the same noise.
_STRIDE = 32


class CameraWatch:
    """Checks every image before it is processed."""

    def __init__(self) -> None:
        self.reset()

    def check(
        self, image: Image, stamp: int, settings: CameraWatchSettings
    ) -> tuple[Reason, str] | None:
        """Whether an image is frozen, black or covered.

        Args:
            image: Image, height x width x 3, uint8, BGR.
            stamp: Frame timestamp in nanoseconds.
            settings: When an image counts as frozen, black or covered.

        Returns:
            None if it is not; else a reason of UNKNOWN and one sentence.
        """
        dark = self._darkness(image, settings)
        self._dark = dark is not None
        frozen = self._is_frozen(image, stamp, settings.frozen_after)
        if dark is not None:
            return Reason.DARK_IMAGE, dark
        if frozen:
            return Reason.FROZEN_IMAGE, (
                f'The camera has sent the very same picture for more than frozen_after '
                f'({settings.frozen_after:g} s): restart its driver; if a still picture is '
                'intended, set frozen_after to 0.'
            )
        return None

    def reset(self) -> None:
        """Forget all previous images."""
        self._sample: Image | None = None
        self._whole: Image | None = None
        self._stamp: int | None = None
        self._unchanged = 0
        self._dark = False

    def _is_frozen(self, image: Image, stamp: int, frozen_after: float) -> bool:
        if frozen_after == 0.0:
            self._stamp = None
            return False
        proven = self._whole is not None
        same = self._may_be_the_same(image)
        if same and self._stamp is not None:
            # A repeated stamp is no new evidence, and neither is one that jumps back.
            self._unchanged += max(0, stamp - self._stamp)
        else:
            self._unchanged = 0
        self._stamp = stamp
        return proven and self._unchanged > frozen_after * NANOSECONDS

    def _may_be_the_same(self, image: Image) -> bool:
        """Whether no difference to the previous image has been found.

        For a working camera a sample of rows suffices, which saves copies of whole images. Only
        when the sample has not changed, the whole image is kept and compared from then on.
        """
        sample = image[::_STRIDE]
        if self._sample is None or not np.array_equal(sample, self._sample):
            # Copied, because a driver may reuse the memory.
            self._sample, self._whole = sample.copy(), None
            return False
        if self._whole is None or not np.array_equal(image, self._whole):
            known, self._whole = self._whole, image.copy()
            return known is None
        return True

    def _darkness(self, image: Image, settings: CameraWatchSettings) -> str | None:
        cells = _cells(image)
        factor = _CLEARLY if self._dark else 1.0
        brightest = np.maximum(np.maximum(cells[..., 0], cells[..., 1]), cells[..., 2])
        if not _stands_out(brightest, factor * settings.dark_level, _BRIGHTEST):
            return BLACK
        grey = cv2.cvtColor(cells, cv2.COLOR_BGR2GRAY).astype(np.float32)
        detail = cv2.absdiff(_blurred(grey, _FINE), _blurred(grey, _COARSE))
        detail = detail[_BORDER:-_BORDER, _BORDER:-_BORDER]
        if not _stands_out(detail, factor * settings.covered_contrast, _CLEAREST):
            return COVERED
        return None


def _cells(image: Image) -> Image:
    height, width = image.shape[:2]
    scale = _CELLS / max(height, width)
    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    larger = 2**_HALVINGS
    if min(height / rows, width / columns) < larger:
        return np.asarray(
            cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8
        )
    cells = cv2.resize(image, (columns * larger, rows * larger))
    while cells.shape[0] > rows:
        cells = cv2.resize(
            cells, (cells.shape[1] // 2, cells.shape[0] // 2), interpolation=cv2.INTER_AREA
        )
    return np.asarray(cells, np.uint8)


def _stands_out(values: npt.NDArray[Any], limit: float, part: float) -> bool:
    """Whether more than this fraction of the values reaches the limit."""
    return limit <= 0.0 or int(np.count_nonzero(values >= limit)) > part * max(values.size - 1, 0)


def _blurred(grey: npt.NDArray[np.float32], deviation: float) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), deviation), np.float32)
