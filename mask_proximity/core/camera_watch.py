# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Is the camera looking? A frozen, a black or a covered one shows nobody, and looks calm."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.scene import NANOSECONDS, Image, Reason

BLACK = (
    'The picture is black: take the cap off the lens, give it light, or raise the exposure of the '
    'camera (dark_level says what counts as black).'
)
COVERED = (
    'The picture shows nothing, as when the camera is covered: free the lens and wipe it; before '
    'a bare wall, turn the camera or lower covered_contrast.'
)

# Cells along the longer side of the picture. Each is the mean of its pixels, by which the noise of
# the sensor goes and faces stay: one that is near is at least four cells wide.
_CELLS = 64
# Standard deviations of the two blurs, cells: what lies between is wider than noise and narrower
# than the fall of light to the corners, or the glow through a finger.
_FINE, _COARSE = 0.7, 1.5
# Cells where a blur knows but one side.
_BORDER = 2
# Per cent of the cells: a hot pixel or a chink makes no picture.
_BRIGHTEST, _CLEAREST = 99, 98
# Whoever is at a limit must get over it by this factor, so that no noise makes it flicker.
_CLEARLY = 1.25
# Of the pixels that are compared first; no divisor of a usual width.
_STRIDE = 97


class CameraWatch:
    """Looks at every picture, before anything else does."""

    def __init__(self) -> None:
        """Begin with no picture."""
        self.reset()

    def check(
        self, image: Image, stamp: int, settings: DetectorSettings
    ) -> tuple[Reason, str] | None:
        """Whether a picture is worth looking at.

        Args:
            image: height x width x 3, uint8, BGR.
            stamp: nanoseconds.
            settings: of detector_node.

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
        self._newest = np.empty(0, np.uint8)
        self._shape: tuple[int, ...] = ()
        self._stamp: int | None = None
        self._unchanged = 0
        self._dark = False

    def _is_frozen(self, image: Image, stamp: int, frozen_after: float) -> bool:
        if frozen_after == 0.0:
            self._stamp = None
            return False
        if self._stamp is not None and self._is_the_same(image):
            # A stamp that comes again is no new evidence, and neither is one that jumps back.
            self._unchanged += max(0, stamp - self._stamp)
        else:
            self._unchanged = 0
            self._keep(image)
        self._stamp = stamp
        return self._unchanged > frozen_after * NANOSECONDS

    def _is_the_same(self, image: Image) -> bool:
        pixels = image.reshape(-1)
        return (
            image.shape == self._shape
            and np.array_equal(pixels[::_STRIDE], self._newest[::_STRIDE])
            and np.array_equal(pixels, self._newest)
        )

    def _keep(self, image: Image) -> None:
        # A copy: a driver may fill the same memory again.
        if self._newest.size != image.size:
            self._newest = np.empty(image.size, np.uint8)
        np.copyto(self._newest.reshape(image.shape), image)
        self._shape = image.shape

    def _darkness(self, image: Image, settings: DetectorSettings) -> str | None:
        height, width = image.shape[:2]
        scale = _CELLS / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        cells = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        factor = _CLEARLY if self._dark else 1.0
        if np.percentile(cells.max(axis=2), _BRIGHTEST) < factor * settings.dark_level:
            return BLACK
        grey = cv2.cvtColor(cells, cv2.COLOR_BGR2GRAY).astype(np.float32)
        detail = np.abs(_blurred(grey, _FINE) - _blurred(grey, _COARSE))
        detail = detail[_BORDER:-_BORDER, _BORDER:-_BORDER]
        contrast = np.percentile(detail, _CLEAREST) if detail.size else 0.0
        if contrast < factor * settings.covered_contrast:
            return COVERED
        return None


def _blurred(grey: npt.NDArray[np.float32], deviation: float) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), deviation), np.float32)
