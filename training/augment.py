# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation: simulates masks, light, cameras, distance and the inexact boxes of the detector.

It changes the picture, the box and, if it draws a mask, the class. The serving code then crops the
face. All randomness comes from the given generator, so that a variant depends only on (seed, epoch,
face).
"""

from __future__ import annotations

import cv2
import numpy as np

from mask_proximity.core.types import LABELS, Box, Image
from training.drawing import draw_hand, draw_mask

FAR_WIDTHS = (18.0, 80.0)
"""Range of the widths, in pixels, that faces are shrunk to, to simulate distance."""

ASPECTS = (0.6, 1.1)
"""Boxes with a higher ratio of width to height are narrowed to a ratio in this range."""

CONTEXT = 0.75
"""Margin kept around a box, as a fraction of its size: more than any crop margin."""

DRAWN_MASKS, DRAWN_INCORRECT, DRAWN_HANDS = 0.08, 0.08, 0.06
"""Shares of unmasked faces that get a mask, a mask below the nose, a hand before the mouth."""

MIN_DRAWN = 40.0
"""Nothing is drawn on faces narrower than this, in pixels."""


def augment(
    picture: Image, box: Box, label: int, rng: np.random.Generator
) -> tuple[Image, Box, int]:
    """Make a random variant of a face.

    Args:
        picture: height x width x 3, uint8, BGR.
        box: Box of the face in pixels of the picture.
        label: Class of the face, index into LABELS.
        rng: Random generator.

    Returns:
        A new picture of the face and its surroundings, the box in it, and the class.
    """
    picture, box = _cut_context(picture, box)
    if LABELS[label] == 'no_mask' and box.width >= MIN_DRAWN:
        picture, label = _draw_cover(picture, box, label, rng)
    if rng.random() < 0.08:
        picture = _occlude(picture, box, rng)
    if rng.random() < 0.4:
        picture, box = _shrink(picture, box, float(np.exp(rng.uniform(*np.log(FAR_WIDTHS)))))
    picture, box = _warp(picture, box, rng)
    picture = _vary_light(picture, rng)
    picture = _simulate_camera(picture, box, rng)
    return picture, _jitter_box(box, rng), label


def _cut_context(picture: Image, box: Box) -> tuple[Image, Box]:
    height, width = picture.shape[:2]
    region = box.expanded(CONTEXT).clamped(width, height)
    left, top = int(region.x1), int(region.y1)
    cut = picture[top : int(np.ceil(region.y2)), left : int(np.ceil(region.x2))]
    return cut, Box(box.x1 - left, box.y1 - top, box.x2 - left, box.y2 - top)


def _draw_cover(
    picture: Image, box: Box, label: int, rng: np.random.Generator
) -> tuple[Image, int]:
    chance = rng.random()
    if chance < DRAWN_MASKS:
        return draw_mask(picture, box, rng, covers_nose=True), LABELS.index('mask')
    if chance < DRAWN_MASKS + DRAWN_INCORRECT:
        return draw_mask(picture, box, rng, covers_nose=False), LABELS.index('incorrect')
    if chance < DRAWN_MASKS + DRAWN_INCORRECT + DRAWN_HANDS:
        return draw_hand(picture, box, rng), label
    return picture, label


def _occlude(picture: Image, box: Box, rng: np.random.Generator) -> Image:
    # Over the eyes or a side, since something over nose and mouth would look like a mask.
    centre = (
        box.x1 + box.width * rng.choice([rng.uniform(0.0, 1.0), rng.choice([0.0, 1.0])]),
        box.y1 + box.height * rng.uniform(-0.05, 0.3),
    )
    axes = (box.width * rng.uniform(0.06, 0.3), box.height * rng.uniform(0.05, 0.14))
    colour = [int(value) for value in rng.uniform(10, 240, 3)]
    result: Image = picture.copy()
    cv2.ellipse(
        result,
        tuple(int(value) for value in centre),
        tuple(max(1, int(value)) for value in axes),
        float(rng.uniform(-30, 30)),
        0,
        360,
        colour,
        cv2.FILLED,
        cv2.LINE_AA,
    )
    return result


def _shrink(picture: Image, box: Box, width: float) -> tuple[Image, Box]:
    if width >= box.width:
        return picture, box
    scale = width / box.width
    size = [max(1, round(length * scale)) for length in picture.shape[1::-1]]
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, Box(box.x1 * scale, box.y1 * scale, box.x2 * scale, box.y2 * scale)


def _warp(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    height, width = picture.shape[:2]
    if rng.random() < 0.5:
        picture = np.asarray(cv2.flip(picture, 1), np.uint8)
        box = Box(width - box.x2, box.y1, width - box.x1, box.y2)
    angle = float(np.clip(rng.normal(0.0, 9.0), -30.0, 30.0))
    x, y = box.center
    matrix = cv2.getRotationMatrix2D((x, y), angle, float(np.exp(rng.normal(0.0, 0.07))))
    stretch = float(np.exp(rng.uniform(-0.2, 0.2)))
    shear = float(np.clip(rng.normal(0.0, 0.06), -0.15, 0.15))
    about = np.array(
        [[stretch, shear, (1.0 - stretch) * x - shear * y], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    )
    matrix = (about @ np.vstack([matrix, (0.0, 0.0, 1.0)]))[:2]
    warped = cv2.warpAffine(
        picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(warped, np.uint8), box


def _vary_light(picture: Image, rng: np.random.Generator) -> Image:
    contrast, brightness = rng.uniform(0.7, 1.3), rng.uniform(-30.0, 30.0)
    gains = contrast * rng.uniform(0.92, 1.08, 3)
    lit = (picture - 127.5) * gains + 127.5 + brightness
    if rng.random() < 0.12:  # Low light, with its noise.
        gain = rng.uniform(0.2, 0.55)
        lit = lit * gain + rng.normal(0.0, rng.uniform(2.0, 7.0), picture.shape)
    elif rng.random() < 0.12:  # A lamp or a window on one side.
        left, right = rng.uniform(0.45, 1.5, 2)
        ramp = np.linspace(left, right, picture.shape[1])
        lit = lit * ramp[None, :, None]
    result = np.clip(lit, 0, 255).astype(np.uint8)
    if rng.random() < 0.08:
        gray = cv2.cvtColor(result, cv2.COLOR_BGR2GRAY)
        result = np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8)
    return result


def _simulate_camera(picture: Image, box: Box, rng: np.random.Generator) -> Image:
    if rng.random() < 0.2:
        sigma = rng.uniform(0.01, 0.03) * box.width + 0.3
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    elif rng.random() < 0.12:
        picture = _motion_blur(picture, box, rng)
    if rng.random() < 0.2:
        noise = rng.normal(0.0, rng.uniform(2.0, 10.0), picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = int(rng.integers(25, 91))
        encoded = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return picture


def _motion_blur(picture: Image, box: Box, rng: np.random.Generator) -> Image:
    length = max(3, int(rng.uniform(0.03, 0.12) * box.width)) | 1
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0.0, np.pi)
    reach = length // 2 * np.array([np.cos(angle), np.sin(angle)])
    middle = length // 2
    start, end = np.round(middle - reach).astype(int), np.round(middle + reach).astype(int)
    cv2.line(kernel, start.tolist(), end.tolist(), 1.0)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def _jitter_box(box: Box, rng: np.random.Generator) -> Box:
    # In tight crops, boxes of unmasked faces are 1.5 times as wide as those of masked ones, because
    # of how the crops were made. In pictures of whole people, the ratio of width to height is about
    # 0.7 for both.
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
