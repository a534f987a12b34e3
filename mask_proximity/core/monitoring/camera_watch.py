# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Is the camera looking? A frozen, a black or a covered one shows nobody, and looks calm."""

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
    'The picture shows nothing, as when the camera is covered: free the lens and wipe it; before '
    'a bare wall, turn the camera or lower covered_contrast.'
)

# Cells along the longer side of the picture. Each is the mean of pixels all over it, by which the
# noise of the sensor goes and faces stay: one that is near is at least four cells wide.
_CELLS = 64
# Times that a picture is halved on its way to cells, each pixel then the mean of four: what OpenCV
# has vector code for, unlike means of more. A picture larger than that leaves out pixels before, so
# that the price is the same whatever its size: 64 pixels of a cell count at least.
_HALVINGS = 2
# Standard deviations of the two blurs, cells: what lies between is wider than noise and narrower
# than the fall of light to the corners, or the glow through a finger.
_FINE, _COARSE = 0.7, 1.5
# Cells where a blur knows but one side.
_BORDER = 2
# Parts of the cells: a hot pixel or a chink makes no picture.
_BRIGHTEST, _CLEAREST = 0.01, 0.02
# Whoever is at a limit must get over it by this factor, so that no noise makes it flicker.
_CLEARLY = 1.25
# Of the rows that are compared first: no two pictures of a camera that lives have the same noise.
_STRIDE = 32


class CameraWatch:
    """Looks at every picture, before anything else does."""

    def __init__(self) -> None:
        """Begin with no picture."""
        self.reset()

    def check(
        self, image: Image, stamp: int, settings: CameraWatchSettings
    ) -> tuple[Reason, str] | None:
        """Whether a picture is worth looking at.

        Args:
            image: height x width x 3, uint8, BGR.
            stamp: Frame timestamp in nanoseconds.
            settings: When an image counts as frozen, black or covered.

        Returns:
            None if it is; else a reason of UNKNOWN and one sentence.
        """
        dark = self._darkness(image, settings)
        self._dark = dark is not None
        frozen = self._is_frozen(image, stamp, settings.frozen_after)
        if dark is not None:
            return Reason.DARK_IMAGE, dark
        if frozen:
            return Reason.FROZEN_IMAGE, (
                f'The camera has sent the very same picture for more than frozen_after '
                f'({settings.frozen_after:g} s): start its driver anew; where a still picture is '
                'meant, set frozen_after to 0.'
            )
        return None

    def reset(self) -> None:
        """Forget the pictures before."""
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
            # A stamp that comes again is no new evidence, and neither is one that jumps back.
            self._unchanged += max(0, stamp - self._stamp)
        else:
            self._unchanged = 0
        self._stamp = stamp
        return proven and self._unchanged > frozen_after * NANOSECONDS

    def _may_be_the_same(self, image: Image) -> bool:
        """Whether nothing tells this picture from the one before; now and then a sample decides.

        A camera that lives shows itself in a few rows, and costs no copy of its pictures. Only once
        the sample stands still, the whole picture is kept, and from then on compared.
        """
        sample = image[::_STRIDE]
        if self._sample is None or not np.array_equal(sample, self._sample):
            # Copies: a driver may fill the same memory again.
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
    """Whether so large a part of the values is not below the limit."""
    return limit <= 0.0 or int(np.count_nonzero(values >= limit)) > part * max(values.size - 1, 0)


def _blurred(grey: npt.NDArray[np.float32], deviation: float) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), deviation), np.float32)
