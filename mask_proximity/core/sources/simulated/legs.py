# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Paints hips, legs and boots for each phase of the gait, in the orange of the suit.

They continue the portrait below its lower edge. Coordinates are pixels of the portrait.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.sources.simulated.sprite import Sprite

GAIT_PHASES = 8
"""Number of pictures of the legs per pair of steps."""

ORANGE = np.array([40.0, 88.0, 222.0], np.float32)
"""Colour of the suit, BGR."""

_BOOT = np.array([40.0, 36.0, 34.0], np.float32)

_TOP, _LEFT, _RIGHT = 460, 40, 410
_MIDDLE = 224.0
_HIP_Y, _KNEE_Y, _CUFF_Y = 560.0, 845.0, 1024.0
_HIP_APART, _FEET_APART = 58.0, 66.0
# Half the width along the height: (y, pixels).
_LEG_WIDTHS = ((560, 69), (620, 67), (700, 61), (800, 54), (850, 52), (900, 54), (960, 51),
               (1010, 46), (1040, 46))  # fmt: skip
_HIP_WIDTHS = ((460, 123), (520, 126), (580, 128), (660, 128))
_BOOT_WIDTHS = ((1000, 40), (1040, 41), (1085, 53), (1120, 54))
# Height in pixels to which a foot is lifted in a step (0.11 m).
_LIFT = 74.0

_Floats = npt.NDArray[Any]


def draw_legs(floor: float) -> tuple[Sprite, ...]:
    """Paint a sprite for each phase of the gait: first one foot is lifted, then the other.

    Args:
        floor: Row of the soles, in pixels below the portrait's upper edge.

    Returns:
        GAIT_PHASES sprites; in the first one, both feet are on the floor.
    """
    shape = (math.ceil(floor) + 4 - _TOP, _RIGHT - _LEFT)
    folds = _folds(shape)
    painted: dict[tuple[float, float], Sprite] = {}
    sprites = []
    for phase in range(GAIT_PHASES):
        swing = round(math.sin(2.0 * math.pi * phase / GAIT_PHASES), 6)
        lifts = (_LIFT * max(0.0, swing), _LIFT * max(0.0, -swing))
        if lifts not in painted:
            painted[lifts] = _legs(lifts, floor, folds)
        sprites.append(painted[lifts])
    return tuple(sprites)


def _legs(lifts: tuple[float, float], floor: float, folds: _Floats) -> Sprite:
    image = np.zeros((*folds.shape, 3), np.float32)
    alpha = np.zeros(folds.shape, np.float32)
    # The lifted foot is painted first, since it is behind the other one.
    for side in sorted((0, 1), key=lambda index: -lifts[index]):
        _leg(image, alpha, folds, side, lifts[side], floor)
    _hips(image, alpha, folds)
    return Sprite(
        np.clip(image, 0, 255).round().astype(np.uint8), alpha, (float(_LEFT), float(_TOP))
    )


def _folds(shape: tuple[int, int]) -> _Floats:
    """Brightness of the folds in cloth, with mean 0 and standard deviation 1."""
    height, width = shape
    generator = np.random.default_rng(3)
    folds = np.zeros(shape, np.float32)
    for lean in (0.45, -0.3):
        rough = generator.standard_normal(shape).astype(np.float32)
        wide = cv2.GaussianBlur(rough, (0, 0), sigmaX=16.0, sigmaY=5.0)
        slant = np.array([[1.0, 0.0, 0.0], [lean, 1.0, -lean * width / 2.0]])
        warped = cv2.warpAffine(wide, slant, (width, height), borderMode=cv2.BORDER_REFLECT)
        folds += np.asarray(warped, np.float32)
    return np.asarray(folds / folds.std(), np.float32)


def _along(table: tuple[tuple[int, int], ...], y: _Floats) -> _Floats:
    known = np.array(table, np.float32)
    return np.interp(y, known[:, 0], known[:, 1]).astype(np.float32)


def _ramp(value: _Floats) -> _Floats:
    return np.asarray(np.clip(value, 0.0, 1.0), np.float32)


def _bell(value: _Floats, width: float) -> _Floats:
    return np.asarray(np.exp(-((value / width) ** 2)), np.float32)


def _lay(image: _Floats, alpha: _Floats, color: _Floats, part: _Floats) -> None:
    image += (color - image) * part[..., None]
    np.maximum(alpha, part, out=alpha)


def _leg(
    image: _Floats, alpha: _Floats, folds: _Floats, side: int, lift: float, floor: float
) -> None:
    """Paint a leg with its boot in place. `side` is 0 for the left one in the picture, else 1."""
    outward = -1.0 if side == 0 else 1.0
    hip, foot = _MIDDLE + _HIP_APART * outward, _MIDDLE + _FEET_APART * outward
    first = round(min(hip, foot)) - 80 - _LEFT
    columns = slice(max(0, first), first + 165)
    image, alpha, folds = image[:, columns], alpha[:, columns], folds[:, columns]
    rows = np.arange(image.shape[0], dtype=np.float32)[:, None] + np.float32(_TOP + 0.5)
    x = np.arange(image.shape[1], dtype=np.float32)[None] + np.float32(_LEFT + columns.start + 0.5)
    # Seen from the front, a lifted foot shortens the lower leg, and the knee rises a little. `y`
    # maps the rows of the picture to the rows of a standing leg.
    knee = _KNEE_Y - 0.25 * lift
    y = np.where(
        rows < knee,
        _HIP_Y + (rows - _HIP_Y) * (_KNEE_Y - _HIP_Y) / (knee - _HIP_Y),
        _KNEE_Y + (rows - knee) * (floor - _KNEE_Y) / (floor - lift - knee),
    ).astype(np.float32)

    _boot(image, alpha, x, y, foot, outward, floor)

    half = _along(_LEG_WIDTHS, y)
    center = hip + (foot - hip) * _ramp((y - _HIP_Y) / (floor - _HIP_Y))
    across = (x - center) / half
    part = _ramp((1.0 - np.abs(across)) * half + 0.5)
    # The trouser leg is longer in front.
    part *= _ramp(y - 540.0) * _ramp(_CUFF_Y + 14.0 - 9.0 * across**2 - y)
    light = 1.03 - 0.40 * np.abs(across + 0.18) ** 2.4
    light += (0.035 + 0.03 * (_bell(y - _KNEE_Y, 60.0) + _bell(y - 985.0, 45.0))) * folds
    light -= 0.07 * _bell(y - _KNEE_Y - 30.0, 18.0)
    light += 0.05 * _bell(y - _KNEE_Y + 10.0, 28.0)
    light -= 0.05 * _bell(y - 1016.0, 4.0)
    light *= 1.0 - 0.12 * (y - _HIP_Y) / (floor - _HIP_Y) - 0.0016 * lift
    _lay(image, alpha, ORANGE * light[..., None], part)


def _boot(
    image: _Floats,
    alpha: _Floats,
    x: _Floats,
    y: _Floats,
    foot: float,
    outward: float,
    floor: float,
) -> None:
    """Paint a boot in place, for the leg whose coordinates are `x` and `y`."""
    # The boot widens towards its cap, which points outward a little.
    half = _along(_BOOT_WIDTHS, y)
    across = (x - foot - 7.0 * outward * _ramp((y - 1040.0) / 45.0)) / half
    sole = floor - 0.5 - 10.0 * np.abs(across) ** 3
    part = _ramp((1.0 - np.abs(across)) * half + 0.5) * _ramp(sole - y + 0.5)
    part *= _ramp(y - (_CUFF_Y - 10.0))
    light = 1.0 - 0.6 * np.abs(across + 0.15) ** 2
    light += 1.5 * _bell(y - 1074.0, 11.0) * _bell(across + 0.2, 0.42)
    light *= 1.0 - 0.45 * _ramp((y - (floor - 15.0)) / 3.0)
    _lay(image, alpha, _BOOT * np.clip(light, 0.15, 3.0)[..., None], part)


def _hips(image: _Floats, alpha: _Floats, folds: _Floats) -> None:
    """Paint the hips in place, over the tops of both legs."""
    below = 680 - _TOP
    image, alpha, folds = image[:below], alpha[:below], folds[:below]
    y = np.arange(below, dtype=np.float32)[:, None] + np.float32(_TOP + 0.5)
    x = np.arange(image.shape[1], dtype=np.float32)[None] + np.float32(_LEFT + 0.5)
    half = _along(_HIP_WIDTHS, y)
    across = (x - _MIDDLE) / half
    crotch = 650.0 - 45.0 * np.abs(across)
    part = _ramp((1.0 - np.abs(across)) * half + 0.5)
    # The lower edge is soft, so that hips and thighs join; nothing is painted between the legs.
    part *= _ramp((crotch - y) / 36.0) * np.where(y < 600.0, 1.0, alpha)
    light = 1.0 - 0.38 * np.abs(across + 0.12) ** 2.6 + 0.035 * folds
    light -= 0.13 * _bell(x - _MIDDLE, 5.0) * _ramp((y - 555.0) / 70.0)
    _lay(image, alpha, ORANGE * light[..., None], part)
