# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The frames to process: drawn ones with a known number of faces, or the user's own pictures.

The face is that of the portrait in scikit-image (NASA's of Eileen Collins, public domain). Copies
of it form a grid in front of a mottled wall, with camera noise, and sway from frame to frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.perception.pipeline import find_faces
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.sources.simulated.figure import FACE_BOX, load_portrait
from mask_proximity.core.types import FloatArray, Image

FACES = (0, 1, 4, 8, 16)
SIZES = ((640, 480), (1280, 720), (1920, 1080))

DISTINCT = 8
"""Drawn frames of a case, shown in turn."""

OWN_FRAMES = 60
"""Of the user's pictures or video, spread over all of it."""

# Of a face: the height that it takes of its cell and at most of the frame, and the oval of skin
# around its middle, without the hair, in which the detector would see a second, doubtful face.
_OF_CELL, _OF_FRAME = 0.72, 0.4
_OVAL = 0.48, 0.59
_TRIES = 20
# From frame to frame: part of the face's height, degrees, and grey levels.
_SWAY, _TURN, _NOISE = 0.03, 4.0, 3.0


class FramesError(MaskProximityError):
    """The frames that were asked for cannot be made."""


@dataclass(frozen=True, slots=True)
class Case:
    """Frames that are timed together.

    Attributes:
        faces: in each of them; None for the user's own pictures.
        width: pixels.
        height: pixels.
    """

    faces: int | None
    width: int
    height: int

    @property
    def name(self) -> str:
        """For files and tables, e.g. '4 faces, 640x480'."""
        if self.faces is None:
            return f'own pictures, {self.size}'
        return f'{self.faces} face{"" if self.faces == 1 else "s"}, {self.size}'

    @property
    def size(self) -> str:
        """E.g. '640x480'."""
        return f'{self.width}x{self.height}'

    def as_json(self) -> dict[str, int | None]:
        """Plain."""
        return asdict(self)


def save_frames(
    cases: Sequence[Case], folder: Path, detector: FaceDetector, pictures: Path | None = None
) -> None:
    """Write the frames of each case as `<name>.npy`: n x height x width x 3, uint8, BGR.

    Args:
        cases: to make.
        folder: to write into; exists.
        detector: that must find exactly the faces that were drawn, with the default settings.
        pictures: the user's own, a folder or a video, for cases without a number of faces.

    Raises:
        FramesError: so many faces do not go into a frame of this size so that all are found.
        SourceError: the pictures cannot be read.
    """
    for case in cases:
        drawn = case.faces is not None
        frames = draw_frames(case, detector) if drawn else _own_frames(pictures, case)
        np.save(folder / f'{case.name}.npy', np.stack(frames))


def draw_frames(case: Case, detector: FaceDetector, count: int = DISTINCT) -> list[Image]:
    """Distinct frames, in each of which the detector finds just the faces that are there.

    Raises:
        FramesError: so many faces do not go into a frame of this size so that all are found.
    """
    portrait = load_portrait()
    settings = DetectorSettings()
    faces = case.faces or 0
    frames: list[Image] = []
    for seed in range(_TRIES):
        frame = _draw(portrait, case, seed)
        if len(find_faces(frame, detector, settings)) == faces:
            frames.append(frame)
        if len(frames) == count:
            return frames
    raise FramesError(
        f'of {_TRIES} drawn frames of {case.size} pixels, the face detector saw exactly '
        f'{faces} faces in {len(frames)}; expected {count}: ask for fewer faces (--faces) or '
        'larger frames'
    )


def _draw(portrait: Image, case: Case, seed: int) -> Image:
    # The same wall and the same places in all frames of a case; each has its own sway and noise.
    frame = _wall(case.width, case.height)
    generator = np.random.default_rng(seed)
    faces = case.faces or 0
    columns = max(1, math.ceil(math.sqrt(0.8 * faces * case.width / case.height)))
    rows = max(1, math.ceil(faces / columns))
    width, height = case.width / columns, case.height / rows
    aspect = FACE_BOX.height / FACE_BOX.width
    tall = min(_OF_CELL * height, _OF_CELL * width * aspect, _OF_FRAME * case.height)
    if tall < 0.5 * FACE_BOX.height:
        # Or it would alias.
        blurred = cv2.GaussianBlur(portrait, (0, 0), 0.35 * FACE_BOX.height / tall)
        portrait = np.asarray(blurred, np.uint8)
    for index in range(faces):
        middle = np.array([index % columns + 0.5, index // columns + 0.5]) * (width, height)
        middle += generator.uniform(-_SWAY, _SWAY, 2) * tall
        _paste(frame, portrait, middle, tall, generator.uniform(-_TURN, _TURN))
    frame += generator.normal(0.0, _NOISE, frame.shape)
    return np.clip(frame, 0, 255).astype(np.uint8)


def _wall(width: int, height: int) -> FloatArray:
    """A mottled wall in uneven light: the camera watch must see something."""
    generator = np.random.default_rng(7)
    wall = np.full((height, width, 3), (118.0, 124.0, 120.0), np.float32)
    for cells, depth in ((6, 14.0), (24, 8.0)):
        spots = generator.normal(0.0, depth, (cells * height // width, cells, 1))
        wall += cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    return wall


def _paste(
    frame: FloatArray, portrait: Image, middle: npt.NDArray[Any], tall: float, turn: float
) -> None:
    """A face into the frame, with soft edges.

    Args:
        frame: to draw into.
        portrait: that the face is taken from.
        middle: of the face in the frame, x and y, pixels.
        tall: its height, pixels.
        turn: degrees.
    """
    scale = tall / FACE_BOX.height
    left, top = (max(0, int(value - 0.75 * tall)) for value in middle)
    part = frame[top : int(middle[1] + 0.75 * tall), left : int(middle[0] + 0.75 * tall)]
    size = part.shape[1], part.shape[0]
    matrix = cv2.getRotationMatrix2D(FACE_BOX.center, turn, scale)
    matrix[:, 2] += middle - (left, top) - FACE_BOX.center
    face = cv2.warpAffine(portrait, matrix, size)
    cover = np.zeros(part.shape[:2], np.float32)
    axes = int(_OVAL[0] * tall), int(_OVAL[1] * tall)
    center = round(float(middle[0]) - left), round(float(middle[1]) - top)
    cv2.ellipse(cover, center, axes, turn, 0, 360, 1.0, cv2.FILLED)
    cover = cv2.GaussianBlur(cover, (0, 0), 0.02 * tall + 0.3)[..., None]
    part[:] = part * (1.0 - cover) + face * cover


def _own_frames(pictures: Path | None, case: Case) -> list[Image]:
    if pictures is None:
        raise FramesError('own pictures were asked for, but none were given: --pictures')
    source = open_source(str(pictures), SourceSettings())
    step = max(1, source.frame_count // OWN_FRAMES)
    frames: list[Image] = []
    number = 0
    try:
        while len(frames) < OWN_FRAMES and (frame := source.read()) is not None:
            if number % step == 0:
                frames.append(_fitted(frame.image, case.width, case.height))
            number += 1
    finally:
        source.close()
    if not frames:
        raise FramesError(f'{pictures}: expected pictures or a video, but there is no picture')
    return frames


def _fitted(image: Image, width: int, height: int) -> Image:
    """The whole picture in a frame of another size, its aspect kept, on grey."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    frame = np.full((height, width, 3), 128, np.uint8)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    frame[y : y + size[1], x : x + size[0]] = cv2.resize(image, size, interpolation=method)
    return frame
