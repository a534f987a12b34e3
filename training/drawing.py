# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws masks and hands on unmasked faces, by the proportions of the detector's box.

The positions of nose bridge, tip of the nose, mouth and chin in the box were measured on faces that
the SSD found. A drawing does not follow a turned head, so it is only one of many augmentations.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.types import Box, Image

Points = npt.NDArray[np.float64]

BRIDGE, TIP, MOUTH, CHIN = 0.45, 0.64, 0.79, 1.0
"""Heights of nose bridge, tip of the nose, mouth and chin, as fractions of the box."""

COLOURS = (
    (30, 28, 28),  # black
    (235, 235, 235),  # white
    (215, 190, 140),  # surgical blue
    (190, 200, 130),  # surgical green
    (190, 170, 225),  # pink
    (110, 70, 40),  # navy
    (120, 120, 120),  # grey
)
"""BGR colours of common masks; printed masks get random ones."""


def draw_mask(picture: Image, box: Box, rng: np.random.Generator, covers_nose: bool) -> Image:
    """Draw a mask on an unmasked face.

    Args:
        picture: height x width x 3, uint8, BGR.
        box: Box of the face in pixels of the picture.
        rng: Random generator for cloth, shape and straps.
        covers_nose: False leaves the nose uncovered, and sometimes the mouth.

    Returns:
        A new picture.
    """
    if covers_nose:
        top = rng.uniform(BRIDGE - 0.05, BRIDGE + 0.07)
        bottom = rng.uniform(CHIN - 0.02, CHIN + 0.08)
    elif rng.random() < 0.75:  # below the nose
        top = rng.uniform(TIP + 0.03, MOUTH - 0.03)
        bottom = rng.uniform(CHIN, CHIN + 0.12)
    else:  # under the chin
        top = rng.uniform(MOUTH + 0.08, CHIN - 0.03)
        bottom = rng.uniform(CHIN + 0.1, CHIN + 0.25)
    # In a tight crop the chin is cut off, but part of the mask must stay visible.
    top = min(top, (picture.shape[0] - box.y1) / box.height - 0.15)
    turn = rng.normal(0.0, 0.04)
    half = rng.uniform(0.36, 0.46)
    side = top + rng.uniform(0.02, 0.1)  # The edge falls towards the ears.
    jaw = bottom - rng.uniform(0.12, 0.22) * (1.0 if covers_nose else 0.6)
    outline = _smooth(
        np.array(
            [
                (0.5 + turn - half, side),
                (0.5 + turn - 0.14, top + 0.02),
                (0.5 + 1.5 * turn, top),
                (0.5 + turn + 0.14, top + 0.02),
                (0.5 + turn + half, side),
                (0.5 + turn + 0.92 * half, jaw),
                (0.5 + turn + 0.2, bottom - 0.01),
                (0.5 + turn, bottom),
                (0.5 + turn - 0.2, bottom - 0.01),
                (0.5 + turn - 0.92 * half, jaw),
            ]
        )
    )
    points = _pixels(outline, box)
    result = picture.copy()
    if rng.random() < 0.6:
        _draw_straps(result, box, 0.5 + turn, half, side, jaw, rng)
    cloth = _cloth(picture.shape[:2], box, rng)
    return _blend(result, cloth, points, box, rng)


def draw_hand(picture: Image, box: Box, rng: np.random.Generator) -> Image:
    """Draw a hand before mouth or chin, in the colour of the face.

    Args:
        picture: height x width x 3, uint8, BGR.
        box: Box of the face in pixels of the picture.
        rng: Random generator.

    Returns:
        A new picture.
    """
    x, y = box.center
    cheeks = picture[
        max(0, int(y)) : int(y + 0.15 * box.height) + 1,
        max(0, int(x - 0.2 * box.width)) : int(x + 0.2 * box.width) + 1,
    ]
    if cheeks.size == 0:
        return picture
    skin = np.median(cheeks.reshape(-1, 3), axis=0) * rng.uniform(0.8, 1.1)
    result: Image = picture.copy()
    thickness = max(2, round(box.width * rng.uniform(0.1, 0.15)))
    lean, reach = rng.uniform(-0.5, 0.5), rng.uniform(TIP - 0.1, MOUTH)
    start = rng.uniform(0.2, 0.45)
    for finger in range(int(rng.integers(2, 5))):
        tip = (start + 0.12 * finger, reach + abs(finger - 1.5) * 0.04)
        root = (tip[0] - 0.4 * lean, tip[1] + rng.uniform(0.5, 0.7))
        ends = _pixels(np.array([tip, root]), box)
        for colour, width in ((skin * 0.72, thickness + 2), (skin, thickness - 1)):
            cv2.line(result, ends[0], ends[1], colour.tolist(), max(1, width), lineType=cv2.LINE_AA)
    return result


def _pixels(points: Points, box: Box) -> npt.NDArray[np.int32]:
    size = np.array([box.width, box.height])
    return np.asarray(np.round(points * size + (box.x1, box.y1)), np.int32)


def _smooth(corners: Points) -> Points:
    # Chaikin's corner cutting, twice around a closed outline.
    for _ in range(2):
        following = np.roll(corners, -1, axis=0)
        cut = np.stack([0.75 * corners + 0.25 * following, 0.25 * corners + 0.75 * following], 1)
        corners = cut.reshape(-1, 2)
    return corners


def _cloth(shape: tuple[int, ...], box: Box, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Make plain or printed cloth, height x width x 3."""
    height, width = shape
    base = np.array(COLOURS[int(rng.integers(len(COLOURS)))], np.float32)
    kind = rng.random()
    if kind >= 0.55:
        base = rng.uniform(20, 235, 3).astype(np.float32)
    cloth = np.empty((height, width, 3), np.float32)
    cloth[:] = np.clip(base + rng.normal(0.0, 8.0, 3), 5, 250)
    if kind < 0.7:
        return cloth
    print_colour = rng.uniform(10, 245, 3).astype(np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    period = max(2.0, box.width * rng.uniform(0.05, 0.2))
    angle = rng.uniform(0.0, np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    if kind < 0.8:
        printed = np.sin(2 * np.pi * along / period) > 0.2
    elif kind < 0.9:
        printed = np.sin(2 * np.pi * along / period) + np.sin(2 * np.pi * across / period) > 0.9
    else:
        coarse = rng.normal(size=(max(2, int(height / period)), max(2, int(width / period))))
        field = cv2.resize(coarse.astype(np.float32), (width, height))
        printed = field > rng.uniform(-0.2, 0.5)
    cloth[printed] = print_colour
    return cloth


def _blend(
    picture: Image,
    cloth: npt.NDArray[np.float32],
    points: npt.NDArray[np.int32],
    box: Box,
    rng: np.random.Generator,
) -> Image:
    outline = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(outline, [points], 1.0)
    blurred = cv2.GaussianBlur(outline, (0, 0), max(0.5, 0.008 * box.width))
    cover = np.asarray(blurred, np.float32)
    # Shade the cloth like the face, and add folds.
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    light = cv2.GaussianBlur(gray, (0, 0), max(1.0, 0.08 * box.width))
    shade = np.clip(
        light / max(1.0, float(light[cover > 0.5].mean() if (cover > 0.5).any() else light.mean())),
        0.5,
        1.4,
    )
    _, top = points.min(axis=0)
    _, bottom = points.max(axis=0)
    rows = (np.arange(picture.shape[0], dtype=np.float32) - top) / max(1, bottom - top)
    folds = 1.0 + rng.uniform(0.0, 0.07) * np.sin(rows * rng.uniform(8.0, 25.0))
    centre = points[:, 0].mean()
    columns = (np.arange(picture.shape[1], dtype=np.float32) - centre) / max(1.0, box.width)
    bulge = 1.08 - rng.uniform(0.3, 1.0) * columns**2
    dim = float(np.clip(light.mean() / 130.0, 0.35, 1.2))
    shaded = cloth * (shade * dim * folds[:, None] * bulge[None, :])[..., None]
    mixed = picture * (1.0 - cover[..., None]) + np.clip(shaded, 0, 255) * cover[..., None]
    return np.asarray(mixed, np.uint8)


def _draw_straps(
    picture: Image,
    box: Box,
    centre: float,
    half: float,
    side: float,
    jaw: float,
    rng: np.random.Generator,
) -> None:
    colour = [int(value) for value in rng.uniform(20, 240) + rng.normal(0.0, 10.0, 3)]
    thickness = max(1, round(0.01 * box.width))
    ear = rng.uniform(BRIDGE - 0.12, BRIDGE + 0.05)
    for sign in (-1.0, 1.0):
        for height in (side + 0.02, jaw - 0.02):
            ends = _pixels(
                np.array([(centre + sign * 0.97 * half, height), (centre + sign * 0.58, ear)]), box
            )
            cv2.line(picture, ends[0], ends[1], colour, thickness, lineType=cv2.LINE_AA)
