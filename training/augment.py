# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Light augmentation: what cameras, distance and the face detector do to a face.

It changes picture and box; the serving code then cuts the face out, as it does in serving.
"""

from __future__ import annotations

import cv2
import numpy as np

from mask_proximity.core.scene import Box, Image

FAR_WIDTHS = (20.0, 80.0)
"""Face widths, in pixels, that far faces are shrunk to."""

ASPECTS = (0.6, 1.1)
"""Wider boxes, by width over height, are narrowed to a ratio out of this range."""

CONTEXT = 0.6
"""So much around a box is kept, in parts of its size: more than any crop margin."""


def augment(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """A variant of a face.

    Args:
        picture: height x width x 3, uint8, BGR.
        box: of the face, pixels of the picture.
        rng: source of chance.

    Returns:
        A new picture of the surroundings of the face, and the face's box in it.
    """
    picture, box = _cut_context(picture, box)
    if rng.random() < 0.4:
        picture, box = _shrink(picture, box, float(np.exp(rng.uniform(*np.log(FAR_WIDTHS)))))
    picture, box = _warp(picture, box, rng)
    picture = _recolour(picture, rng)
    if rng.random() < 0.2:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.01, 0.025) * box.width + 0.3)
    if rng.random() < 0.2:
        noise = rng.normal(0.0, rng.uniform(2.0, 10.0), picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = int(rng.integers(25, 91))
        encoded = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return picture, _jitter(box, rng)


def _cut_context(picture: Image, box: Box) -> tuple[Image, Box]:
    height, width = picture.shape[:2]
    region = box.expanded(CONTEXT).clamped(width, height)
    left, top = int(region.x1), int(region.y1)
    cut = picture[top : int(np.ceil(region.y2)), left : int(np.ceil(region.x2))]
    return cut, Box(box.x1 - left, box.y1 - top, box.x2 - left, box.y2 - top)


def _shrink(picture: Image, box: Box, width: float) -> tuple[Image, Box]:
    if width >= box.width:
        return picture, box
    scale = width / box.width
    size = [max(1, round(length * scale)) for length in picture.shape[1::-1]]
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA), Box(
        box.x1 * scale, box.y1 * scale, box.x2 * scale, box.y2 * scale
    )


def _warp(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    height, width = picture.shape[:2]
    if rng.random() < 0.5:
        picture = cv2.flip(picture, 1)
        box = Box(width - box.x2, box.y1, width - box.x1, box.y2)
    angle = float(np.clip(rng.normal(0.0, 8.0), -25.0, 25.0))
    matrix = cv2.getRotationMatrix2D(box.center, angle, float(np.exp(rng.normal(0.0, 0.06))))
    stretch = float(np.exp(rng.uniform(-0.2, 0.2)))
    matrix[0] *= stretch
    matrix[0, 2] += box.center[0] * (1.0 - stretch)
    warped = cv2.warpAffine(
        picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return warped, box


def _recolour(picture: Image, rng: np.random.Generator) -> Image:
    contrast, brightness = rng.uniform(0.7, 1.3), rng.uniform(-30.0, 30.0)
    gains = contrast * rng.uniform(0.92, 1.08, 3)
    coloured = np.clip((picture - 127.5) * gains + 127.5 + brightness, 0, 255).astype(np.uint8)
    if rng.random() < 0.1:
        coloured = cv2.cvtColor(cv2.cvtColor(coloured, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return coloured


def _jitter(box: Box, rng: np.random.Generator) -> Box:
    # In tight crops, boxes of bare faces are half as wide again as those of masked ones, because of
    # how somebody cut them. Where a picture shows the whole person, both are about 0.7 times as
    # wide as high.
    aspect = float(np.exp(rng.uniform(*np.log(ASPECTS))))
    width = min(box.width, max(0.6 * box.width, aspect * box.height))
    spare = (box.width - width) / 2
    dx1, dy1, dx2, dy2 = np.clip(rng.normal(0.0, 0.05, 4), -0.12, 0.12)
    return Box(
        box.x1 + spare + dx1 * width,
        box.y1 + dy1 * box.height,
        box.x2 - spare + dx2 * width,
        box.y2 + dy2 * box.height,
    )
