# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Renders the corridor of the simulated scene by ray tracing, for a camera anywhere in it.

World coordinates are in metres: x to the right from the middle of the corridor, y up from the
floor, z along the corridor. A passage on the right is where people come from.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.sources.simulated.camera import CameraPose, PinholeCamera
from mask_proximity.core.types import Image

HALF_WIDTH = 1.35
HEIGHT = 2.60
END = 11.5
PASSAGE = (4.45, 6.05)
_PASSAGE_END = 4.5
START = -6.0
MAX_RAYS = 2.5e6
"""Limit for a camera that stands still: more rays would take gigabytes and seconds. Pictures with
more pixels are scaled up."""

QUICK_RAYS = 1e5
"""Limit for a camera that moves: rendering a picture takes about 30 ms."""

_WALL = (198.0, 211.0, 216.0)
_WAINSCOT = (158.0, 158.0, 138.0)
_RAIL = (96.0, 112.0, 118.0)
_SKIRTING = (82.0, 84.0, 80.0)
_FLOOR = (146.0, 158.0, 164.0)
_FLOOR_BORDER = (118.0, 122.0, 112.0)
_CEILING = (214.0, 220.0, 220.0)
_DOOR = (112.0, 152.0, 188.0)
_FRAME = (112.0, 118.0, 120.0)
_PLATE = (176.0, 120.0, 60.0)
_EXIT = (92.0, 150.0, 40.0)
_LAMP = (250.0, 254.0, 254.0)

_LAMP_SPACING = 2.4
_LAMP_PHASE = 1.5
_DOORS_LEFT = (2.55, 6.9)
_DOORS_RIGHT = (2.9, 8.6)
_DOOR_HALF_WIDTH, _DOOR_HEIGHT = 0.46, 2.08

_Floats = npt.NDArray[Any]


def render_corridor(camera: PinholeCamera, pose: CameraPose, max_rays: float = MAX_RAYS) -> Image:
    """Render the empty corridor.

    Args:
        camera: Size and focal length of the picture.
        pose: Pose of the camera, inside the corridor.
        max_rays: Maximum number of rays; a picture with more pixels is scaled up.

    Returns:
        A picture, camera.height x camera.width x 3, BGR.
    """
    # Small pictures are supersampled: it is cheap there, and single pixels are visible.
    pixels = camera.width * camera.height
    fine = min(2.0, max(1.0, math.sqrt(0.8e6 / pixels)), math.sqrt(max_rays / pixels))
    width = max(1, round(camera.width * fine))
    height = max(1, round(camera.height * fine))
    focal = camera.focal_length * width / camera.width
    columns = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / focal
    rows = (height / 2 - np.arange(height, dtype=np.float32) - 0.5) / focal
    across, up = (part.ravel() for part in np.meshgrid(columns, rows))
    sine, cosine = math.sin(pose.yaw), math.cos(pose.yaw)
    directions = np.stack([across * cosine + sine, up, cosine - across * sine]).astype(np.float32)
    origin = np.array([pose.x, pose.height, pose.z], np.float32)
    colors = _trace(origin, directions, 1.0 / focal, mirrors=True)
    picture = colors.T.reshape(height, width, 3)
    if (width, height) != (camera.width, camera.height):
        interpolation = cv2.INTER_AREA if fine > 1.0 else cv2.INTER_LINEAR
        picture = cv2.resize(picture, (camera.width, camera.height), interpolation=interpolation)
    # The blur of a lens.
    picture = cv2.GaussianBlur(picture, (0, 0), 0.5 + camera.width / 3200.0)
    return np.asarray(np.clip(picture, 0.0, 255.0).round(), np.uint8)


def open_columns(
    camera: PinholeCamera, pose: CameraPose, x: float, z: float
) -> tuple[float, float]:
    """First and last picture column between which no wall hides a person at (x, z).

    Args:
        camera: Camera that takes the picture.
        pose: Pose of the camera, inside the corridor and looking along it rather than across.
        x: Position of the person in metres.
        z: Position of the person in metres, ahead of the camera.
    """
    # A person at the opening of the passage is hidden by its nearer edge only.
    right_edge = PASSAGE[0] if pose.z < PASSAGE[0] < z < PASSAGE[1] else z
    columns = []
    for edge_x, edge_z in ((-HALF_WIDTH, z), (HALF_WIDTH, right_edge)):
        right, ahead = pose.seen_from(edge_x, edge_z)
        columns.append(camera.project(right, 0.0, max(ahead, 0.05))[0])
    return columns[0], columns[1]


def light_at(z: float) -> float:
    """Brightness of a person at `z`, a factor about 1."""
    return 0.96 + 0.05 * math.cos(2.0 * math.pi * (z - _LAMP_PHASE) / _LAMP_SPACING)


def _trace(origin: _Floats, directions: _Floats, pixel: float, mirrors: bool) -> _Floats:
    """Colours (3 x n) of what rays (3 x n, from one origin) meet first."""
    dx, dy, dz = directions
    tiny = np.float32(1e-6)
    with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
        level = np.where(dy < 0, -origin[1], HEIGHT - origin[1]) / np.where(
            np.abs(dy) < tiny, tiny, dy
        )
        side = np.where(dx < 0, -HALF_WIDTH - origin[0], HALF_WIDTH - origin[0]) / np.where(
            np.abs(dx) < tiny, tiny, dx
        )
        end = np.where(dz < 0, START - origin[2], END - origin[2]) / np.where(
            np.abs(dz) < tiny, tiny, dz
        )
    # Rays that meet the right wall where it is open go on into the passage.
    side_z = origin[2] + side * dz
    open_there = (dx > 0) & (side_z > PASSAGE[0]) & (side_z < PASSAGE[1])
    open_there &= (side < level) & (side < end)
    with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
        jamb = np.where(dz < 0, PASSAGE[0] - origin[2], PASSAGE[1] - origin[2]) / np.where(
            np.abs(dz) < tiny, tiny, dz
        )
        back = (_PASSAGE_END - origin[0]) / np.where(np.abs(dx) < tiny, tiny, dx)
    side = np.where(open_there, np.maximum(back, 0.0), side)
    end = np.where(open_there, jamb, end)
    reach = np.minimum(np.minimum(level, side), end)

    colors = np.empty_like(directions)
    length = np.sqrt(dx * dx + dy * dy + dz * dz)
    for hit, normal, paint in (
        ((reach == level) & (dy < 0), 1, _floor),
        ((reach == level) & (dy >= 0), 1, _ceiling),
        ((reach == side) & (reach != level), 0, _side_wall),
        ((reach == end) & (reach != level) & (reach != side), 2, _end_wall),
    ):
        at = np.flatnonzero(hit)
        if at.size == 0:
            continue
        ray, distance = directions[:, at], reach[at]
        point = origin[:, None] + ray * distance
        # A pixel covers this much of the surface, across and along the line of sight.
        spot = distance * pixel
        slanted = spot * length[at] / np.maximum(np.abs(ray[normal]), 1e-3)
        color = paint(point, spot, slanted)
        if mirrors and paint is _floor:
            color = _polished(color, origin, point, ray, length[at], pixel)
        colors[:, at] = color
    return colors


def _polished(
    color: _Floats, origin: _Floats, point: _Floats, ray: _Floats, length: _Floats, pixel: float
) -> _Floats:
    """The floor's colour with its reflections."""
    # A horizontal mirror turns the world upside down: trace the same rays from below the floor.
    seen = _trace(origin * (1, -1, 1), ray * np.array([[1], [-1], [1]], np.float32), pixel, False)
    grazing = 1.0 - np.abs(ray[1]) / length
    shine = 0.05 + 0.30 * grazing**5
    return np.asarray(color * (1.0 - shine) + seen * shine, np.float32)


def _mix(color: _Floats, other: tuple[float, float, float], part: _Floats) -> None:
    """Blend `other` into `color` (3 x n) in place, by the share `part` (n)."""
    color += (np.array(other, np.float32)[:, None] - color) * part


def _flat(color: tuple[float, float, float], count: int) -> _Floats:
    return np.repeat(np.array(color, np.float32)[:, None], count, axis=1)


def _between(value: _Floats, low: float, high: float, blur: _Floats) -> _Floats:
    """1 where `low` < value < `high`, 0 elsewhere, with edges of width `blur`."""
    soft = np.maximum(blur, 1e-4)
    rise = np.clip((value - low) / soft + 0.5, 0.0, 1.0)
    fall = np.clip((high - value) / soft + 0.5, 0.0, 1.0)
    return np.asarray(rise * fall, np.float32)


def _joints(value: _Floats, spacing: float, breadth: float, blur: _Floats) -> _Floats:
    """Lines of width `breadth` every `spacing`; they fade where they are finer than a pixel."""
    away = np.abs((value / spacing) - np.round(value / spacing)) * spacing
    soft = np.maximum(blur, 1e-4)
    line = np.clip((breadth / 2.0 - away) / soft + 0.5, 0.0, 1.0)
    return np.asarray(line * np.clip(spacing / (3.0 * soft) - 0.3, 0.0, 1.0), np.float32)


def _corner(distance: _Floats, depth: float, reach: float) -> _Floats:
    """Darkening of a surface near the corner with another one, `distance` away: a factor."""
    return np.asarray(1.0 - depth * np.exp(-np.maximum(distance, 0.0) / reach), np.float32)


def _pools(z: _Floats, strength: float) -> _Floats:
    """Light of the row of lamps along z, a factor about 1."""
    return np.asarray(
        1.0 + strength * np.cos(2.0 * np.pi * (z - _LAMP_PHASE) / _LAMP_SPACING), np.float32
    )


def _mottled(a: _Floats, b: _Floats) -> _Floats:
    """Faint, large-scale unevenness of the paint, a factor about 1."""
    return np.asarray(
        1.0
        + 0.008 * np.sin(2.1 * a + 1.3 * b)
        + 0.006 * np.sin(5.3 * a - 3.1 * b + 1.0)
        + 0.005 * np.sin(0.7 * a + 7.7 * b + 2.0),
        np.float32,
    )


def _floor(point: _Floats, spot: _Floats, slanted: _Floats) -> _Floats:
    x, _, z = point
    color = _flat(_FLOOR, x.size)
    border = 1.0 - _between(x, -HALF_WIDTH + 0.17, HALF_WIDTH - 0.17, spot)
    _mix(color, _FLOOR_BORDER, border * (x < HALF_WIDTH))
    checks = np.sign(np.sin(np.pi * x / 0.6) * np.sin(np.pi * z / 0.6))
    color *= 1.0 + 0.022 * checks * np.clip(0.3 / np.maximum(slanted, 1e-3) - 0.5, 0.0, 1.0)
    joints = np.maximum(_joints(x, 0.6, 0.008, spot), _joints(z, 0.6, 0.008, slanted))
    color *= 1.0 - 0.16 * joints
    color *= _pools(z, 0.05) * (0.93 + 0.07 * np.exp(-((x / 0.8) ** 2))) * _mottled(x, z)
    inside = x < HALF_WIDTH
    color *= np.where(inside, _corner(HALF_WIDTH - np.abs(x), 0.34, 0.16), 0.86)
    color *= _corner(END - z, 0.3, 0.3)
    return color


def _ceiling(point: _Floats, spot: _Floats, slanted: _Floats) -> _Floats:
    x, _, z = point
    color = _flat(_CEILING, x.size)
    joints = np.maximum(_joints(x - 0.3, 0.6, 0.018, spot), _joints(z, 0.6, 0.018, slanted))
    color *= 1.0 - 0.13 * joints
    color *= _pools(z, 0.03) * np.where(
        x < HALF_WIDTH, _corner(HALF_WIDTH - np.abs(x), 0.28, 0.2), 0.88
    )
    along = z - _LAMP_PHASE
    along = along - np.round(along / _LAMP_SPACING) * _LAMP_SPACING
    glow = np.exp(-((x / 0.55) ** 2) - (along / 0.85) ** 2)
    color *= 0.90 + 0.13 * glow
    lamp = _between(x, -0.3, 0.3, spot) * _between(along, -0.6, 0.6, slanted)
    frame = _between(x, -0.33, 0.33, spot) * _between(along, -0.63, 0.63, slanted)
    _mix(color, (186.0, 190.0, 190.0), frame)
    _mix(color, _LAMP, lamp)
    return color


def _paneled(y: _Floats, blur: _Floats) -> _Floats:
    """The colour of a wall by height: skirting, wainscot, hand rail, wall."""
    color = _flat(_WALL, y.size)
    _mix(color, _WAINSCOT, _between(y, -1.0, 0.92, blur))
    _mix(color, _RAIL, _between(y, 0.86, 0.98, blur))
    # The rail is round: lit from above, with a shadow on the wall below it.
    color *= 1.0 + 0.35 * _between(y, 0.945, 0.975, blur) * np.clip(0.05 / (blur + 1e-3), 0, 1)
    color *= 1.0 - 0.16 * np.exp(-(((y - 0.83) / 0.05) ** 2))
    _mix(color, _SKIRTING, _between(y, -1.0, 0.11, blur))
    color *= _corner(y, 0.26, 0.15) * _corner(HEIGHT - y, 0.24, 0.2)
    return color


def _door(color: _Floats, along: _Floats, y: _Floats, blur_a: _Floats, blur_y: _Floats) -> None:
    """Lay a door, with its middle at along = 0, over a wall's colour in place."""
    half, top = _DOOR_HALF_WIDTH, _DOOR_HEIGHT
    frame = _between(along, -half - 0.08, half + 0.08, blur_a) * _between(y, -1, top + 0.08, blur_y)
    leaf = _between(along, -half, half, blur_a) * _between(y, 0.01, top, blur_y)
    _mix(color, _FRAME, frame)
    _mix(color, _DOOR, leaf)
    grain = 1.0 + 0.02 * np.sin(48.0 * along + 2.2 * np.sin(2.5 * y)) * np.clip(
        0.03 / np.maximum(blur_a, 1e-3), 0.0, 1.0
    )
    color *= 1.0 + (grain * (0.90 + 0.06 * y / top) - 1.0) * leaf
    pane = _between(along, -0.26, -0.10, blur_a) * _between(y, 1.15, 1.85, blur_y)
    _mix(color, (150.0, 152.0, 142.0), pane)
    kick = _between(along, -half + 0.03, half - 0.03, blur_a) * _between(y, 0.05, 0.30, blur_y)
    _mix(color, (170.0, 174.0, 174.0), 0.8 * kick)
    handle = _between(along, 0.27, 0.40, blur_a) * _between(y, 1.01, 1.05, blur_y)
    _mix(color, (70.0, 72.0, 74.0), handle)
    gap = leaf - _between(along, -half + 0.012, half - 0.012, blur_a) * _between(
        y, 0.02, top - 0.012, blur_y
    )
    color *= 1.0 - 0.4 * np.clip(gap, 0.0, 1.0)


def _side_wall(point: _Floats, spot: _Floats, slanted: _Floats) -> _Floats:
    x, y, z = point
    color = _paneled(y, spot)
    left = x < 0.0
    deep = x > HALF_WIDTH + 0.1
    for doors, here in ((_DOORS_LEFT, left), (_DOORS_RIGHT, ~left & ~deep)):
        for middle in doors:
            at = np.flatnonzero(here & (np.abs(z - middle) < 0.9 + slanted))
            if at.size == 0:
                continue
            part = color[:, at]
            _door(part, z[at] - middle, y[at], slanted[at], spot[at])
            plate = _between(z[at] - middle, 0.62, 0.80, slanted[at])
            _mix(part, _PLATE, 0.9 * plate * _between(y[at], 1.45, 1.60, spot[at]))
            color[:, at] = part
    color *= _mottled(z, y)
    # The lamps light the middle of the wall most.
    color *= 0.95 + 0.06 * np.exp(-(((y - 1.5) / 0.7) ** 2)) * _pools(z, 0.6)
    color *= _corner(END - z, 0.22, 0.3)
    color *= np.where(deep, 0.74, 1.0)
    return color


def _end_wall(point: _Floats, spot: _Floats, slanted: _Floats) -> _Floats:
    x, y, z = point
    color = _paneled(y, spot)
    far = z > END - 0.1
    at = np.flatnonzero(far)
    if at.size:
        part = color[:, at]
        for side in (-1.0, 1.0):
            _door(part, (x[at] - 0.47 * side) * -side, y[at], spot[at], spot[at])
        sign = _between(x[at], -0.17, 0.17, spot[at]) * _between(y[at], 2.22, 2.38, spot[at])
        _mix(part, _EXIT, sign)
        part *= _corner(HALF_WIDTH - np.abs(x[at]), 0.25, 0.2)
        part *= 0.93
        color[:, at] = part
    passage = np.flatnonzero(~far)
    if passage.size:
        # The wall of the passage gets darker with the distance from the corridor's lamps.
        depth = np.clip((x[passage] - HALF_WIDTH) / 2.5, 0.0, 1.0)
        color[:, passage] *= 0.90 - 0.14 * depth
    color *= _mottled(x, y)
    return color
