# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The person of the simulated scene: cut out of a portrait and extended down to her boots.

The portrait is NASA's of Eileen Collins (public domain), as contained in scikit-image. All
coordinates are pixels of that portrait and continue below its lower edge.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.simulated.head import turned_head
from mask_proximity.core.sources.simulated.legs import ORANGE, draw_legs
from mask_proximity.core.sources.simulated.mask import with_mask
from mask_proximity.core.sources.simulated.sprite import Sprite
from mask_proximity.core.types import Box, Image, MaskState

FACE_BOX = Box(179.0, 58.0, 272.0, 177.0)
"""Box of the face as the SSD face detector sees it."""

FACE_WIDTH = 0.14
"""True width of that box in metres, that of an adult's face."""

METRES_PER_PIXEL = FACE_WIDTH / FACE_BOX.width

EYE_LEVEL = 1.50
"""Height of the centre of the face box above the floor, in metres."""

FLOOR = FACE_BOX.center[1] + EYE_LEVEL / METRES_PER_PIXEL

_SIZE = 512
_Floats = npt.NDArray[Any]

# Her outline, drawn by hand; GrabCut moves it to the true edges.
_OUTLINE = (
    *((154, 70), (155, 95), (167, 115), (173, 121), (180, 131), (183, 136), (186, 150)),
    *((157, 150), (137, 160), (124, 182), (112, 190), (113, 206), (100, 212), (65, 245)),
    *((45, 270), (35, 300), (25, 345), (20, 380), (19, 400), (25, 417), (24, 447)),
    *((28, 490), (38, 512), (504, 512), (503, 470), (497, 450), (492, 420), (475, 385)),
    *((440, 355), (400, 344), (364, 350), (361, 330), (352, 295), (342, 262), (322, 242)),
    *((305, 238), (302, 230), (290, 205), (270, 182), (255, 175), (260, 162), (266, 145)),
    *((270, 136), (274, 136), (280, 129), (285, 122), (299, 105), (301, 82), (295, 55)),
    *((285, 37), (265, 25), (240, 16), (220, 16), (200, 24), (190, 32), (168, 50)),
)
# Width in pixels of the band around the outline in which GrabCut decides.
_UNCERTAIN = 13
_GRABCUT_ITERATIONS = 2
# Rows over which the portrait's lower edge fades into what is painted below it.
_FADE_ROWS = 14.0
# The yaw of a head is rounded to multiples of this.
_YAW_STEP_DEGREES = 5

_NAVY = (70.0, 26.0, 38.0)


class Figure:
    """A person that can be drawn at any size, phase of the gait and yaw of the head."""

    def __init__(
        self, image: Image, alpha: _Floats, bare: tuple[Image, _Floats], legs: tuple[Sprite, ...]
    ) -> None:
        """Create the figure.

        Args:
            image: Front view from the hair to the hips.
            alpha: Coverage of its pixels by the person, in [0, 1].
            bare: Image and alpha without a mask.
            legs: One sprite per phase of the gait; in the first one, both feet are on the floor.
        """
        self._image, self._bare, self._legs = image, bare, legs
        self._bodies = {0: Sprite(image, alpha)}

    def _body(self, yaw: float) -> Sprite:
        """The upper body with the head turned; cached for each step of the yaw."""
        degrees = round(math.degrees(yaw) / _YAW_STEP_DEGREES) * _YAW_STEP_DEGREES
        if degrees not in self._bodies:
            bare, cover = self._bare
            picture = turned_head(self._image, bare, cover, math.radians(degrees))
            self._bodies[degrees] = Sprite(picture, cover)
        return self._bodies[degrees]

    def draw(
        self,
        canvas: Image,
        scale: float,
        shift: tuple[float, float],
        floor: float,
        phase: int,
        gain: float = 1.0,
        columns: tuple[float, float] | None = None,
        yaw: float = 0.0,
    ) -> None:
        """Draw onto `canvas` in place.

        Args:
            canvas: Picture to draw onto, height x width x 3, BGR.
            scale: Canvas pixels per portrait pixel.
            shift: Canvas position of the portrait's (0, 0).
            floor: Canvas row of the soles; the legs stay on it while the body moves up and down.
            phase: Phase of the gait, 0 .. GAIT_PHASES - 1.
            gain: Factor of the brightness.
            columns: First and last canvas column to draw in; None means no limit.
            yaw: Yaw of the head in radians, positive to the person's left.
        """
        self._legs[phase].draw(canvas, scale, (shift[0], floor - scale * FLOOR), gain, columns)
        self._body(yaw).draw(canvas, scale, shift, gain, columns)

    def covers(self, x: float, y: float) -> bool:
        """Whether the body hides what is behind the portrait's point (x, y)."""
        return self._bodies[0].cover(x, y) > 0.5


def load_portrait() -> Image:
    """Load the portrait, 512 x 512 x 3, BGR.

    Raises:
        SourceError: scikit-image or its picture is missing.
    """
    try:
        from skimage.data import astronaut

        rgb: npt.NDArray[np.uint8] = np.asarray(astronaut())  # type: ignore[no-untyped-call, unused-ignore]
    except ImportError:
        raise SourceError(
            "source 'simulated' needs the portrait in the package scikit-image, which is not "
            "installed: run 'pip install scikit-image', or choose another source"
        ) from None
    # scikit-image raises all kinds of errors if its file is missing or damaged.
    except Exception as error:
        raise SourceError(
            f"source 'simulated' needs scikit-image's picture astronaut, which cannot be read "
            f'({error}): install scikit-image again, or choose another source'
        ) from None
    if rgb.shape != (_SIZE, _SIZE, 3) or rgb.dtype != np.uint8:
        raise SourceError(
            f"source 'simulated' expects scikit-image's picture astronaut to be {_SIZE}x{_SIZE} "
            f'pixels in colour, but this scikit-image has {rgb.shape} of {rgb.dtype}'
        )
    return np.ascontiguousarray(rgb[:, :, ::-1])


@cache
def load_figures() -> dict[MaskState, Figure]:
    """The person without a mask, with one, and with one that is worn incorrectly; cached.

    Raises:
        SourceError: See load_portrait.
    """
    portrait = load_portrait()
    cover = _cut_out(portrait)
    legs = draw_legs(FLOOR)
    bare = _body(portrait, cover, cover)
    figures = {MaskState.NO_MASK: Figure(*bare, bare, legs)}
    for state, pulled_down in ((MaskState.MASK, False), (MaskState.INCORRECT, True)):
        masked, mask_cover = with_mask(portrait, pulled_down)
        body = _body(masked, np.maximum(cover, mask_cover), cover)
        figures[state] = Figure(*body, bare, legs)
    return figures


def _cut_out(portrait: Image) -> _Floats:
    """Coverage of the portrait's pixels by the person, in [0, 1]."""
    below = 2 * _UNCERTAIN
    outline = np.zeros((_SIZE + below, _SIZE), np.uint8)
    cv2.fillPoly(outline, [np.array(_OUTLINE, np.int32)], 255)
    # She continues below the picture, so its lower edge is not part of her outline.
    outline[_SIZE:] = outline[_SIZE - 1]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_UNCERTAIN, _UNCERTAIN))
    surely, perhaps = cv2.erode(outline, disc)[:_SIZE], cv2.dilate(outline, disc)[:_SIZE]
    labels = np.full((_SIZE, _SIZE), cv2.GC_BGD, np.uint8)
    labels[perhaps > 0] = cv2.GC_PR_BGD
    labels[outline[:_SIZE] > 0] = cv2.GC_PR_FGD
    labels[surely > 0] = cv2.GC_FGD
    # GrabCut starts from random clusters.
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(portrait, labels, (0, 0, 0, 0), *models, _GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_MASK)
    hers = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    # Keep the largest connected part, and close small holes.
    _, parts, stats, _ = cv2.connectedComponentsWithStats(hers)
    hers = (parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    hers = cv2.morphologyEx(hers, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    soft = cv2.GaussianBlur(hers.astype(np.float32), (0, 0), 1.2, borderType=cv2.BORDER_REPLICATE)
    # Shrink the outline a little to remove the rim of the old background.
    return np.asarray(np.clip((soft - 0.42) / 0.5, 0.0, 1.0), np.float32)


def _without_old_background(portrait: Image, cover: _Floats) -> Image:
    """The portrait with the colours inside the person extended over her edges."""
    inner = cv2.erode((cover > 0.99).astype(np.float32), np.ones((3, 3), np.uint8))
    result = portrait.astype(np.float32)
    carried = np.zeros_like(result)
    filled = np.zeros(cover.shape, np.float32)
    for softness in (1.5, 3.0, 6.0):
        weight = cv2.GaussianBlur(inner, (0, 0), softness)
        kept = np.asarray(result * inner[..., None], np.float32)
        color = cv2.GaussianBlur(kept, (0, 0), softness)
        fresh = (filled == 0.0) & (weight > 0.02)
        carried[fresh] = color[fresh] / weight[fresh][:, None]
        filled[fresh] = 1.0
    edge = ((inner == 0.0) & (filled > 0.0))[..., None]
    return np.asarray(np.where(edge, carried, result).round(), np.uint8)


def _body(portrait: Image, cover: _Floats, skin: _Floats) -> tuple[Image, _Floats]:
    """Picture and coverage of the upper body, completed below the portrait's lower edge."""
    below = 84
    clean = _without_old_background(portrait, skin)
    # Where the mask or its loops extend beyond her outline, they are visible.
    outside = cover > skin
    clean[outside] = portrait[outside]
    image = np.zeros((_SIZE + below, _SIZE, 3), np.float32)
    alpha = np.zeros((_SIZE + below, _SIZE), np.float32)
    image[:_SIZE], alpha[:_SIZE] = clean, cover
    under, drawn = _completed_edge(alpha.shape)
    y = np.mgrid[: _SIZE + below, :_SIZE].astype(np.float32)[0]
    # The last rows of the portrait fade into what is painted below them, here and on the legs.
    fade = np.clip((_SIZE - y) / _FADE_ROWS, 0.0, 1.0)
    part = np.where(drawn > 0.0, fade * (alpha > 0.0), 1.0) * (y < _SIZE)
    image = under + (image - under) * part[..., None]
    covered = np.where(y < _SIZE - _FADE_ROWS, alpha, np.maximum(alpha * fade, drawn))
    return np.clip(image, 0, 255).round().astype(np.uint8), covered.astype(np.float32)


def _completed_edge(shape: tuple[int, ...]) -> tuple[_Floats, _Floats]:
    """Picture and coverage of the arms and the helmet, which the portrait cuts off."""
    under = np.zeros((*shape, 3), np.float32)
    drawn = np.zeros(shape, np.float32)

    def ellipse(
        center: tuple[float, float], axes: tuple[float, float], angle: float, color: _Floats
    ) -> None:
        mark = np.zeros(shape, np.uint8)
        scaled = [round(16 * value) for value in (*center, *axes)]
        cv2.ellipse(
            mark, (scaled[0], scaled[1]), (scaled[2], scaled[3]), angle, 0, 360, 255, -1,
            cv2.LINE_AA, 4,
        )  # fmt: skip
        part = mark.astype(np.float32) / np.float32(255.0)
        under[:] += (color - under) * part[..., None]
        drawn[:] = np.maximum(drawn, part)

    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    # The elbow, the glove, the other glove below the helmet, and the helmet.
    sleeve = ORANGE * (0.95 - 0.5 * np.clip((y - 500.0) / 40.0, 0.0, 1.0))[..., None]
    ellipse((72.0, 500.0), (43.0, 36.0), 12.0, sleeve)
    glove = np.array(_NAVY, np.float32) * (
        1.15 - 0.7 * np.clip((y - 505.0) / 45.0, 0.0, 1.0)
    )[..., None]  # fmt: skip
    ellipse((143.0, 512.0), (35.0, 37.0), 0.0, glove)
    ellipse((380.0, 560.0), (46.0, 20.0), -6.0, 0.8 * glove)
    rim = np.full_like(under, 205.0) * (
        1.0 - 0.5 * np.clip((y - 480.0) / 90.0, 0.0, 1.0)
    )[..., None]  # fmt: skip
    ellipse((390.0, 455.0), (113.0, 113.0), 0.0, rim)
    gleam = np.exp(-(((x - 420.0) / 55.0) ** 2) - ((y - 540.0) / 16.0) ** 2)
    visor = np.array([13.0, 12.0, 12.0], np.float32) + (26.0 * gleam)[..., None]
    ellipse((384.0, 455.0), (105.0, 108.0), 0.0, visor)
    return under, drawn
