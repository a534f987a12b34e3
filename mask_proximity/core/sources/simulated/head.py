# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Turns the head of the simulated person: projects the portrait onto a round head and rotates it.

Each row of the head is half a circle with the portrait projected onto it from the front. The sides
and the back, which the portrait does not show, are filled with the hair (and the nape) at its
edges.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.types import Box, Image

# All rows and columns are pixels of the portrait.
_CROWN, _COLLAR = 14, 190
# The turn decreases to zero along the neck, between these rows.
_NECK = (168.0, 188.0)
# Below the row _JAW the outline is that of the suit. Edges of jaw and neck as points (y, x):
_JAW = 140
_LEFT_EDGE = ((_JAW, 183.0), (160, 185.0), (_COLLAR, 187.0))
_RIGHT_EDGE = ((_JAW, 265.0), (160, 257.0), (_COLLAR, 253.0))
# Angle from the front up to which the portrait is used.
_FRONT_DEGREES = 74.0
# Angles between which the portrait shows the hair that is repeated behind.
_HAIR_DEGREES = 48.0, 72.0
# The hair is longer at the nape: rows there, and the rows beside the ear that they are filled with.
_HAIR_LENGTH = (_CROWN, 158.0, 163.0), (_CROWN, 124.0, 150.0)
# Shift of the SSD face detector's box at 90 degrees in pixels, and the share by which the box gets
# narrower. Measured on these pictures up to 60 degrees; beyond, the face is hardly found.
_FACE_SHIFT, _NARROWING = 40.0, 0.34

_Floats = npt.NDArray[Any]


def turned_head(front: Image, bare: Image, cover: _Floats, yaw: float) -> Image:
    """The person with the head turned.

    Args:
        front: Front view with or without a mask, height x width x 3, BGR.
        bare: Front view without a mask, of the same shape.
        cover: Coverage by the person without a mask, height x width, in [0, 1].
        yaw: Yaw of the head in radians, positive to the person's left (right in the picture).

    Returns:
        A new picture of the same shape.
    """
    rows = np.arange(_CROWN, _COLLAR, dtype=np.float32)
    left, right = _edges(cover[_CROWN:_COLLAR], rows)
    center, half = ((left + right) / 2.0)[:, None], ((right - left) / 2.0)[:, None]
    columns = np.arange(front.shape[1], dtype=np.float32)[None] + np.float32(0.5)
    across = (columns - center) / half
    turn = math.degrees(yaw) * np.clip((_NECK[1] - rows) / (_NECK[1] - _NECK[0]), 0.0, 1.0)
    around = np.degrees(np.arcsin(np.clip(across, -1.0, 1.0))) - turn[:, None]
    around = (around + 180.0) % 360.0 - 180.0
    # The hair of the right edge is repeated forwards and backwards, so that it has no seams.
    hair_from, hair_to = _HAIR_DEGREES
    span = hair_to - hair_from
    fold = np.abs((np.abs(around) - _FRONT_DEGREES) % (2.0 * span) - span)
    behind = _sample(
        np.asarray(cv2.GaussianBlur(bare, (0, 0), sigmaX=3.0, sigmaY=1.2), np.uint8),
        center + half * np.sin(np.radians(hair_from + fold)),
        np.interp(rows, *_HAIR_LENGTH),
    )
    seen = _sample(front, center + half * np.sin(np.radians(np.clip(around, -90.0, 90.0))), rows)
    # Shading of a round head in light from the front.
    shade = 0.62 + 0.38 * np.sqrt(np.clip(1.0 - across**2, 0.0, 1.0))
    hidden = np.clip((np.abs(around) - _FRONT_DEGREES) / 8.0 + 0.5, 0.0, 1.0)[..., None]
    color: _Floats = seen * (1.0 - hidden) + behind * shade[..., None] * hidden
    turned: Image = front.copy()
    part = turned[_CROWN:_COLLAR]
    head = np.abs(across) < 1.0
    part[head] = color[head].round()
    return turned


def turned_face(face: Box, yaw: float) -> Box | None:
    """The box of the face of a turned head, as the face detector sees it; None from behind.

    Args:
        face: Box of the face from the front in pixels of the portrait.
        yaw: Yaw of the head in radians, positive to the person's left.
    """
    if math.cos(yaw) < 0.0:
        return None
    x, y = face.center
    x += _FACE_SHIFT * math.sin(yaw)
    half = face.width / 2.0 * (1.0 - _NARROWING * (1.0 - math.cos(yaw)))
    return Box(x - half, face.y1, x + half, face.y2)


def _sample(picture: Image, columns: _Floats, rows: _Floats) -> Image:
    """Sample the picture at `columns` (rows x n) of each of its `rows`."""
    lines = np.repeat(rows[:, None], columns.shape[1], axis=1)
    maps = (columns - 0.5).astype(np.float32), lines.astype(np.float32)
    return np.asarray(cv2.remap(picture, *maps, cv2.INTER_LINEAR), np.uint8)


def _edges(cover: _Floats, rows: _Floats) -> tuple[_Floats, _Floats]:
    """Columns of the left and the right edge of the head in each of its rows."""
    inside = cover > 0.5
    left = np.argmax(inside, axis=1).astype(np.float32)
    right = np.float32(cover.shape[1]) - np.argmax(inside[:, ::-1], axis=1)
    empty = ~inside.any(axis=1)
    left[empty] = right[empty] = cover.shape[1] / 2.0
    for edge, table in ((left, _LEFT_EDGE), (right, _RIGHT_EDGE)):
        y, x = np.array(table, np.float32).T
        edge[rows >= _JAW] = np.interp(rows[rows >= _JAW], y, x)
    # Smoothed, since hair has no sharp outline.
    soft = (
        cv2.GaussianBlur(edge[:, None], (0, 0), 3.0, borderType=cv2.BORDER_REPLICATE)[:, 0]
        for edge in (left, np.asarray(right, np.float32))
    )
    left, right = soft
    return left, np.maximum(right, left + 2.0)
