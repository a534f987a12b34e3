# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Paints a surgical mask on the portrait, fitted to this one face by hand and shaded like cloth.

The mask has its own coordinates: v runs from its upper edge (0) to its lower edge (1), u from its
left edge (-1) to its right edge (1), so that pleats and bindings follow the edges.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.types import Image

# Region of the portrait that the mask is painted in, in pixels, and the factor of supersampling.
_LEFT, _TOP, _RIGHT, _BOTTOM = 164, 96, 288, 196
_FINE = 4

# Points of the edges, in pixels of the portrait: over the cheeks and the bridge of the nose,
# down along the jaw, and below the chin.
_UPPER_EDGE = (
    (181, 127),
    (186, 123),
    (198, 119),
    (210, 114.5),
    (218, 110.5),
    (226, 108.5),
    (234, 110.5),
    (242, 115),
    (253, 120),
    (264, 124.5),
    (269, 128),
)
_LOWER_EDGE = (
    (181, 145),
    (188, 157),
    (194, 166),
    (202, 174),
    (212, 180.5),
    (224, 183),
    (236, 181.5),
    (247, 176.5),
    (256, 169),
    (262, 160),
    (269, 147),
)
_LEFT_EDGE = ((120, 183), (128, 182.6), (138, 183.5), (150, 186), (160, 191), (185, 200))
_RIGHT_EDGE = ((120, 268.5), (128, 268.3), (138, 267.5), (150, 264), (160, 259), (185, 250))

# Ear loops: from the corners of the mask to the ears, on either side.
_LOOPS = (
    ((184, 125), (179.5, 121.5), (175.5, 119), (173, 118)),
    ((190, 158), (185, 149), (181.5, 140), (179.5, 131)),
    ((267, 127), (271.5, 125.5), (275.5, 125), (278, 125.5)),
    ((258.5, 160), (264, 152), (268, 144), (271, 136)),
)

# Shifts of the edges, in pixels of the portrait, for a mask that is pulled below the nose.
_SIDES_DOWN, _NOSE_DOWN, _CHIN_DOWN = 14.0, 15.0, 8.0

_BLUE = np.array([230.0, 216.0, 186.0], np.float32)
_LOOP_COLOR = (232.0, 230.0, 226.0)
_PLEATS = (0.43, 0.60, 0.77)

_Floats = npt.NDArray[Any]


def with_mask(portrait: Image, pulled_down: bool = False) -> tuple[Image, npt.NDArray[np.float32]]:
    """The portrait with a mask.

    Args:
        portrait: scikit-image's astronaut(), 512 x 512 x 3, BGR.
        pulled_down: Whether the mask is below the nose.

    Returns:
        A new picture of the same shape, and the coverage of its pixels by the mask and the ear
        loops, 512 x 512, in [0, 1].
    """
    region = portrait[_TOP:_BOTTOM, _LEFT:_RIGHT]
    height, width = region.shape[0] * _FINE, region.shape[1] * _FINE
    canvas = cv2.resize(region, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)

    cloth, cover = _cloth(width, height, pulled_down)
    loops = _loops(width, height, pulled_down)

    # The mask and the loops cast a soft shadow on the skin around them.
    shade = np.maximum(cover, 0.6 * loops)
    shade = cv2.GaussianBlur(shade, (0, 0), 1.6 * _FINE)
    shade = np.roll(shade, (_FINE, _FINE // 2), (0, 1))
    canvas *= (1.0 - 0.45 * shade)[..., None]

    for color, alpha in ((np.array(_LOOP_COLOR, np.float32), loops), (cloth, cover)):
        canvas += (color - canvas) * alpha[..., None]

    painted = portrait.copy()
    small = cv2.resize(canvas, (region.shape[1], region.shape[0]), interpolation=cv2.INTER_AREA)
    painted[_TOP:_BOTTOM, _LEFT:_RIGHT] = np.clip(small, 0, 255).round().astype(np.uint8)
    covered = np.zeros(portrait.shape[:2], np.float32)
    covered[_TOP:_BOTTOM, _LEFT:_RIGHT] = cv2.resize(
        np.maximum(cover, loops), (region.shape[1], region.shape[0]), interpolation=cv2.INTER_AREA
    )
    return painted, covered


def _curve(points: tuple[tuple[float, float], ...], at: _Floats, softness: float) -> _Floats:
    """The smoothed polyline through `points` (argument, value), evaluated at `at`."""
    known = np.array(points, np.float32)
    values = np.interp(at, known[:, 0], known[:, 1]).astype(np.float32)
    smooth = cv2.GaussianBlur(
        values[None], (0, 0), softness * _FINE, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(smooth[0], np.float32)


def _step(value: _Floats, width: float) -> _Floats:
    """A soft step from 0 to 1 around 0, `width` wide."""
    ramp = np.clip(value / width + 0.5, 0.0, 1.0)
    return np.asarray(ramp * ramp * (3.0 - 2.0 * ramp), np.float32)


def _bump(value: _Floats, width: float) -> _Floats:
    """A bell of height 1 around 0."""
    return np.asarray(np.exp(-((value / width) ** 2)), np.float32)


def _cloth(width: int, height: int, pulled_down: bool) -> tuple[_Floats, _Floats]:
    """Colour (height x width x 3) and coverage (height x width) of the cloth."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / _FINE + _LEFT
    y = (np.arange(height, dtype=np.float32) + 0.5) / _FINE + _TOP
    upper, lower = _curve(_UPPER_EDGE, x, 2.0), _curve(_LOWER_EDGE, x, 2.0)
    sides = y
    if pulled_down:
        upper += _SIDES_DOWN + _NOSE_DOWN * np.clip(1.0 - ((x - 226.0) / 44.0) ** 2, 0.0, 1.0)
        lower += _CHIN_DOWN
        sides = y - _CHIN_DOWN
    left, right = _curve(_LEFT_EDGE, sides, 2.0), _curve(_RIGHT_EDGE, sides, 2.0)
    v = (y[:, None] - upper) / (lower - upper)
    u = (2.0 * x - left[:, None] - right[:, None]) / (right - left)[:, None]

    edge = 1.0 / _FINE
    cover = (
        _step(y[:, None] - upper, 2 * edge)
        * _step(lower - y[:, None], 2 * edge)
        * _step(x - left[:, None], 2 * edge)
        * _step(right[:, None] - x, 2 * edge)
    )

    light = _brightness(u, v)
    cloth = _BLUE * light[..., None]
    # Shaded cloth takes on a little of the warm colour of the skin.
    cloth += np.array([-4.0, 0.0, 6.0], np.float32) * (1.0 - light)[..., None]
    return np.clip(cloth, 0.0, 250.0).astype(np.float32), cover.astype(np.float32)


def _brightness(u: _Floats, v: _Floats) -> _Floats:
    """Brightness of the cloth at its coordinates, a factor about 1."""
    # The face below is a rounded wedge, lit from the front left like the portrait.
    light = 1.02 - 0.30 * np.abs(u + 0.12) ** 2.2 - 0.16 * np.clip(v - 0.55, 0.0, 1.0) ** 1.5
    light += 0.07 * _bump(u + 0.10, 0.16) * _step(0.62 - v, 0.5)
    light -= 0.09 * _bump(u - 0.20, 0.16) * _step(0.55 - v, 0.4)
    light -= 0.06 * _bump(u + 0.42, 0.14) * _bump(v - 0.25, 0.3)

    for pleat in _PLEATS:
        # A pleat has a bright rim and a shadow below it. Both get weaker towards the middle, where
        # the cloth is stretched.
        depth = 0.45 + 0.55 * np.clip(np.abs(u), 0.0, 1.0)
        bent = v - pleat - 0.015 * np.sin(3.0 * u + 9.0 * pleat)
        light += 0.07 * depth * _bump(bent + 0.022, 0.016)
        light -= 0.20 * depth * _bump(bent - 0.012, 0.020)
        light -= 0.07 * depth * _step(bent - 0.01, 0.02) * _step(0.12 - bent, 0.12)

    # Bindings: a stiff seam at the top (with the wire in it), at the bottom, and on each side.
    for distance, breadth in ((v, 0.07), (1.0 - v, 0.05), (1.0 - np.abs(u), 0.055)):
        light += 0.05 * _step(breadth - distance, 0.02)
        light -= 0.12 * _bump(distance - breadth, 0.014)
    # Small creases run from the corners towards the mouth.
    creases = np.sin(26.0 * (v - 0.35 * np.abs(u)) + 3.0 * np.sign(u))
    light += 0.018 * creases * _step(np.abs(u) - 0.45, 0.5)

    weave = np.random.default_rng(1).standard_normal(light.shape).astype(np.float32)
    light += 0.02 * cv2.GaussianBlur(weave, (0, 0), 1.5)
    return light


def _loops(width: int, height: int, pulled_down: bool) -> _Floats:
    """Coverage by the ear loops, height x width."""
    shift = 4
    cover = np.zeros((height, width), np.uint8)
    for loop in _LOOPS:
        points = np.array(loop, np.float32) - (_LEFT, _TOP)
        if pulled_down:
            # The loop moves down at the mask, but not at the ear.
            points[:, 1] += np.linspace(_SIDES_DOWN, 0.0, len(points))
        points *= _FINE * 2**shift
        cv2.polylines(cover, [points.round().astype(np.int32)], False, 255, 4, cv2.LINE_AA, shift)
    return np.asarray(cover / np.float32(255.0), np.float32)
