# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Conversion of what drivers and decoders deliver to BGR pictures of the requested size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.types import Image


def to_bgr(picture: npt.NDArray[Any]) -> Image:
    """Convert a gray, BGR or BGRA picture with 8 or 16 bits per value to BGR with 8 bits.

    Raises:
        SourceError: The picture has another format, or no pixels.
    """
    channels = picture.shape[2] if picture.ndim == 3 else 1
    if picture.ndim not in (2, 3) or channels not in (1, 3, 4) or picture.size == 0:
        raise SourceError(
            f'a picture has the shape {picture.shape}; expected gray, BGR or BGRA pixels'
        )
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    elif picture.dtype != np.uint8:
        raise SourceError(
            f'a picture has values of type {picture.dtype}; expected 8 or 16 bits per value'
        )
    if channels == 1:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    if channels == 4:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR)
    return np.asarray(picture, np.uint8)


def fit(picture: Image, settings: SourceSettings) -> Image:
    """Scale a picture to the size that the settings request."""
    height, width = picture.shape[:2]
    size = settings.size_for(width, height)
    if size == (width, height):
        return picture
    shrinks = size[0] <= width and size[1] <= height
    resized = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(resized, np.uint8)
