# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""People who walk through the corridor, seen by the camera, with the truth about every frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from mask_proximity.core.sources.base import Frame
from mask_proximity.core.sources.simulated.camera import CameraPose, PinholeCamera
from mask_proximity.core.sources.simulated.corridor import (
    MOST_RAYS,
    QUICK_RAYS,
    light_at,
    open_columns,
    render_corridor,
)
from mask_proximity.core.sources.simulated.figure import (
    EYE_LEVEL,
    FACE_BOX,
    METRES_PER_PIXEL,
    load_figures,
)
from mask_proximity.core.sources.simulated.head import turned_face
from mask_proximity.core.sources.simulated.legs import GAIT_PHASES
from mask_proximity.core.types import Box, Image, MaskState, TrueFace

STEP_LENGTH = 0.62
"""Of a grown-up who walks slowly, metres."""

# Rise and sway of the head in a step, metres; both are nil while both feet are on the floor.
_BOB, _SWAY = 0.025, 0.014
# Nobody stands like a post, metres.
_IDLE = 0.005
# Starts, stops and turns take so long, seconds.
_EASE = 0.5
# Nearer than this nobody is drawn, metres.
_NEAREST = 0.25

_SHADOW_HALF_WIDTH, _SHADOW_HALF_DEPTH, _SHADOW_STRENGTH = 0.42, 0.30, 0.62
_NOISE = 1.8
_NOISE_MARGIN = 64
# Nobody sees that the noise of larger pictures repeats itself.
_NOISE_TILE = 1024


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where somebody is at some time.

    Attributes:
        time: seconds since the scene began.
        x: to the right from the middle of the corridor, metres.
        z: along the corridor from the camera's first place, metres.
    """

    time: float
    x: float
    z: float


class Person:
    """Somebody who walks from waypoint to waypoint, and is there from the first to the last.

    The body always faces the camera.
    """

    def __init__(
        self,
        name: str,
        mask_state: MaskState,
        walk: Sequence[Waypoint],
        turned: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Plan the walk.

        Args:
            name: for the truth.
            mask_state: MASK, NO_MASK or INCORRECT.
            walk: at least one waypoint, in order of time.
            turned: the head: time in seconds, and yaw in radians from the camera to the person's
                left, in order of time; between them it turns evenly.

        Raises:
            ValueError: no waypoint, times that do not rise, or another state of the mask.
        """
        if mask_state is MaskState.UNSURE:
            raise ValueError(f'nobody can be drawn with the mask state {mask_state!r}')
        times = [point.time for point in walk]
        if not walk or any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError('a walk needs waypoints whose times rise')
        if any(later <= earlier for (earlier, _), (later, _) in pairwise(turned)):
            raise ValueError('the times of a turned head must rise')
        self.name = name
        self.mask_state = mask_state
        lengths = [math.hypot(there.x - here.x, there.z - here.z) for here, there in pairwise(walk)]
        # Whole steps between waypoints: whoever stops there stands on both feet.
        steps = np.cumsum([0, *(round(length / STEP_LENGTH) for length in lengths)])
        self._times = np.array(times)
        self._turned = np.array(turned or [(0.0, 0.0)], np.float64).T
        self._ways = np.array([[p.x for p in walk], [p.z for p in walk], steps], np.float64)

    def present(self, time: float) -> bool:
        """Whether the person is in the scene at `time`."""
        return bool(self._times[0] <= time <= self._times[-1])

    def at(self, time: float) -> tuple[float, float, float]:
        """Where the body is: x and z in metres, and the number of steps taken so far."""
        # The mean over a while makes the corners of the walk round.
        moments = np.linspace(time - _EASE / 2.0, time + _EASE / 2.0, 11)
        x, z, steps = (float(np.interp(moments, self._times, way).mean()) for way in self._ways)
        return x, z, steps

    def face_at(self, time: float) -> tuple[float, float, float]:
        """Where the middle of the face is: x, height above the floor, z, in metres."""
        x, z, steps = self.at(time)
        x += _SWAY * math.sin(math.pi * steps) + _IDLE * math.sin(1.4 * time)
        height = EYE_LEVEL + _BOB * (1.0 - math.cos(2.0 * math.pi * steps)) / 2.0
        return x, height + 0.5 * _IDLE * math.sin(1.9 * time), z

    def yaw_at(self, time: float) -> float:
        """Yaw of the head from the camera to the person's left, radians."""
        return float(np.interp(time, *self._turned))


def standing_camera(time: float) -> CameraPose:
    """The pose of a camera that does not move."""
    return CameraPose()


class SimulatedScene:
    """A corridor with people and a camera; any moment of it can be rendered, always the same.

    Attributes:
        people: in the scene.
        duration: seconds.
        rate: frames per second.
        camera: that sees it.
        pose: of the camera over time.
    """

    def __init__(
        self,
        people: Sequence[Person],
        duration: float,
        rate: float,
        camera: PinholeCamera,
        pose: Callable[[float], CameraPose] = standing_camera,
        seed: int = 0,
        quick: bool = False,
    ) -> None:
        """Set the stage.

        Args:
            people: in the scene.
            duration: seconds.
            rate: frames per second.
            camera: that sees it.
            pose: of the camera at a time in seconds.
            seed: of the sensor's noise.
            quick: whether the corridor is drawn less sharply, for a camera that moves.

        Raises:
            SourceError: the portrait that the people are made from is missing.
        """
        self.people = tuple(people)
        self.duration = duration
        self.rate = rate
        self.camera = camera
        self.pose = pose
        self._seed = seed
        self._figures = load_figures()
        self._rays = QUICK_RAYS if quick else MOST_RAYS
        self._background = pose(0.0), render_corridor(camera, pose(0.0), self._rays)
        self._noise = self._make_noise()

    @property
    def frame_count(self) -> int:
        """How many frames the scene has."""
        return round(self.duration * self.rate)

    @property
    def horizontal_fov(self) -> float:
        """Of the camera, radians."""
        return self.camera.horizontal_fov

    def nearest(self, time: float, pose: CameraPose, masked: bool) -> float:
        """True distance to the nearest person ahead of the camera.

        Args:
            time: seconds.
            pose: of the camera then.
            masked: of those with a mask, or of those without or with one worn wrong.

        Returns:
            Metres over the ground, to the face; NaN without such a person.
        """
        places = (
            pose.seen_from(x, z)
            for person in self.people
            if person.present(time) and (person.mask_state is MaskState.MASK) == masked
            for x, _, z in (person.face_at(time),)
        )
        return min((math.hypot(*place) for place in places if place[1] > 0.0), default=math.nan)

    def render(self, time: float, pose: CameraPose | None = None) -> Frame:
        """A picture, with the faces that truly are in it.

        Args:
            time: seconds.
            pose: of the camera, if it is not where the scene has it.
        """
        if pose is None:
            pose = self.pose(time)
        image = self._empty(pose).copy()
        faces: list[TrueFace] = []
        seen = [
            (pose.seen_from(*person.at(time)[:2])[1], person)
            for person in self.people
            if person.present(time)
        ]
        # Whoever is nearer is painted later, over the others.
        for ahead, person in sorted(seen, key=lambda entry: -entry[0]):
            if ahead >= _NEAREST:
                faces = self._add(image, pose, person, time, faces)
        self.add_noise(image, round(time * self.rate))
        return Frame(image, tuple(reversed(faces)))

    def _empty(self, pose: CameraPose) -> Image:
        if self._background[0] != pose:
            self._background = pose, render_corridor(self.camera, pose, self._rays)
        return self._background[1]

    def _add(
        self,
        image: Image,
        pose: CameraPose,
        person: Person,
        time: float,
        faces: list[TrueFace],
    ) -> list[TrueFace]:
        """Paint a person; the faces that can be seen now, of those given and this one."""
        x, z, steps = person.at(time)
        face_x, face_height, face_z = person.face_at(time)
        right, ahead = pose.seen_from(face_x, face_z)
        columns = open_columns(self.camera, pose, x, z)
        column, row = self.camera.project(right, face_height - pose.height, ahead)
        _, floor = self.camera.project(right, -pose.height, ahead)
        scale = self.camera.focal_length * METRES_PER_PIXEL / ahead
        center = FACE_BOX.center
        shift = column - scale * center[0], row - scale * center[1]
        figure, yaw = self._figures[person.mask_state], person.yaw_at(time)

        self._add_shadow(image, (column, floor), ahead, pose.height, columns)
        phase = round(steps / 2.0 * GAIT_PHASES) % GAIT_PHASES
        figure.draw(image, scale, shift, floor, phase, light_at(z), columns, yaw)

        visible = [
            face
            for face in faces
            if not figure.covers(
                (face.box.center[0] - shift[0]) / scale, (face.box.center[1] - shift[1]) / scale
            )
        ]
        face = turned_face(FACE_BOX, yaw)
        in_picture = 0.0 <= column < self.camera.width and 0.0 <= row < self.camera.height
        if face is not None and in_picture and columns[0] < column < columns[1]:
            box = Box(
                shift[0] + scale * face.x1,
                shift[1] + scale * face.y1,
                shift[0] + scale * face.x2,
                shift[1] + scale * face.y2,
            )
            visible.append(TrueFace(box, person.mask_state, ahead, person.name, yaw))
        return visible

    def _add_shadow(
        self,
        image: Image,
        feet: tuple[float, float],
        ahead: float,
        camera_height: float,
        columns: tuple[float, float],
    ) -> None:
        """The soft shadow of feet on the floor, in place."""
        height, width = image.shape[:2]
        focal = self.camera.focal_length
        half_width = focal * _SHADOW_HALF_WIDTH / ahead
        # The floor is seen slanted: depth shrinks with the square of the distance.
        half_height = focal * camera_height * _SHADOW_HALF_DEPTH / ahead**2
        x1 = max(0, math.floor(columns[0]), math.floor(feet[0] - half_width))
        x2 = min(width, math.ceil(columns[1]), math.ceil(feet[0] + half_width))
        y1 = max(0, math.floor(feet[1] - half_height))
        y2 = min(height, math.ceil(feet[1] + half_height))
        if x2 <= x1 or y2 <= y1:
            return
        across = ((np.arange(x1, x2) + 0.5 - feet[0]) / half_width).astype(np.float32)
        along = ((np.arange(y1, y2) + 0.5 - feet[1]) / half_height).astype(np.float32)
        away = np.minimum(across[None] ** 2 + along[:, None] ** 2, 1.0)
        shade = 1.0 - np.float32(_SHADOW_STRENGTH) * (1.0 - away) ** 2
        target = image[y1:y2, x1:x2]
        target[:] = (target * shade[..., None]).astype(np.uint8)

    def _make_noise(self) -> npt.NDArray[np.int16]:
        height, width = self.camera.height + _NOISE_MARGIN, self.camera.width + _NOISE_MARGIN
        tile = min(height, _NOISE_TILE), min(width, _NOISE_TILE), 3
        noise = np.random.default_rng(self._seed).standard_normal(tile, np.float32) * _NOISE
        whole = np.asarray(noise.round(), np.int16)
        times = math.ceil(height / tile[0]), math.ceil(width / tile[1]), 1
        return np.ascontiguousarray(np.tile(whole, times)[:height, :width])

    def add_noise(self, image: Image, index: int) -> None:
        """The sensor's noise, in place: another part of one large pattern for each frame.

        Args:
            image: of the size of the camera.
            index: of the frame.
        """
        x, y = np.random.default_rng((self._seed, index)).integers(0, _NOISE_MARGIN, 2)
        height, width = image.shape[:2]
        cv2.add(image, self._noise[y : y + height, x : x + width], dst=image, dtype=cv2.CV_8U)
