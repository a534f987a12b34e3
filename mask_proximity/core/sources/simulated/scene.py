# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""People who walk through the corridor, rendered with the ground truth of every frame."""

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
    MAX_RAYS,
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
"""Length of a step of an adult who walks slowly, in metres."""

# Rise and sway of the head in a step, in metres; both are 0 while both feet are on the floor.
_BOB, _SWAY = 0.025, 0.014
# Slight movement, in metres, of a person who stands.
_IDLE = 0.005
# Duration of starts, stops and turns.
_EASE_SECONDS = 0.5
# People closer to the camera than this are not drawn, in metres.
_MIN_DISTANCE = 0.25

# Half the size of the shadow in metres, and the share by which it darkens the floor.
_SHADOW_HALF_WIDTH, _SHADOW_HALF_DEPTH, _SHADOW_STRENGTH = 0.42, 0.30, 0.62
# Standard deviation of the sensor noise, in gray levels.
_NOISE_STDDEV = 1.8
# Each frame uses another part of one noise pattern, which is larger than the frame by this margin
# in pixels. In larger pictures the pattern repeats after _NOISE_TILE pixels, which is not visible.
_NOISE_MARGIN = 64
_NOISE_TILE = 1024


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Position of a person at a time.

    Attributes:
        time: Seconds since the scene began.
        x: Metres to the right of the middle of the corridor.
        z: Metres along the corridor from the camera's first position.
    """

    time: float
    x: float
    z: float


class Person:
    """A person who walks between waypoints, present from the first to the last of them.

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
            name: Name of the person in the ground truth.
            mask_state: MASK, NO_MASK or INCORRECT.
            walk: Waypoints in order of time, at least one.
            turned: Turns of the head in order of time: time in seconds, and yaw in radians from the
                camera towards the person's left. The yaw is interpolated linearly.

        Raises:
            ValueError: There is no waypoint, times do not rise, or the mask state is another one.
        """
        if mask_state is MaskState.UNSURE:
            raise ValueError(f'a person with the mask state {mask_state!r} cannot be drawn')
        times = [point.time for point in walk]
        if not walk or any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError('a walk needs waypoints whose times rise')
        if any(later <= earlier for (earlier, _), (later, _) in pairwise(turned)):
            raise ValueError('the times of a turned head must rise')
        self.name = name
        self.mask_state = mask_state
        lengths = [math.hypot(there.x - here.x, there.z - here.z) for here, there in pairwise(walk)]
        # A whole number of steps between waypoints, so that both feet are on the floor there.
        steps = np.cumsum([0, *(round(length / STEP_LENGTH) for length in lengths)])
        self._times = np.array(times)
        self._turned = np.array(turned or [(0.0, 0.0)], np.float64).T
        self._courses = np.array([[p.x for p in walk], [p.z for p in walk], steps], np.float64)

    def present(self, time: float) -> bool:
        """Whether the person is in the scene at `time`."""
        return bool(self._times[0] <= time <= self._times[-1])

    def at(self, time: float) -> tuple[float, float, float]:
        """Position of the body: x and z in metres, and the number of steps taken so far."""
        # Averaging over a short time rounds the corners of the walk.
        moments = np.linspace(time - _EASE_SECONDS / 2.0, time + _EASE_SECONDS / 2.0, 11)
        x, z, steps = (
            float(np.interp(moments, self._times, course).mean()) for course in self._courses
        )
        return x, z, steps

    def face_at(self, time: float) -> tuple[float, float, float]:
        """Position of the centre of the face in metres: x, height above the floor, z."""
        x, z, steps = self.at(time)
        x += _SWAY * math.sin(math.pi * steps) + _IDLE * math.sin(1.4 * time)
        height = EYE_LEVEL + _BOB * (1.0 - math.cos(2.0 * math.pi * steps)) / 2.0
        return x, height + 0.5 * _IDLE * math.sin(1.9 * time), z

    def yaw_at(self, time: float) -> float:
        """Yaw of the head in radians, from the camera towards the person's left."""
        return float(np.interp(time, *self._turned))


def standing_camera(time: float) -> CameraPose:
    """The pose of a camera that does not move."""
    return CameraPose()


class SimulatedScene:
    """A corridor with people and a camera. A moment of it is always rendered in the same way.

    Attributes:
        people: People in the scene.
        duration: Duration in seconds.
        rate: Frames per second.
        camera: Camera that sees the scene.
        pose: Function that returns the pose of the camera at a time in seconds.
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
        """Create the scene and render the empty corridor.

        Args:
            people: People in the scene.
            duration: Duration in seconds.
            rate: Frames per second.
            camera: Camera that sees the scene.
            pose: Function that returns the pose of the camera at a time in seconds.
            seed: Seed of the sensor noise.
            quick: Whether to render the corridor less sharply, for a camera that moves.

        Raises:
            SourceError: The portrait that the people are rendered from is missing.
        """
        self.people = tuple(people)
        self.duration = duration
        self.rate = rate
        self.camera = camera
        self.pose = pose
        self._seed = seed
        self._figures = load_figures()
        self._rays = QUICK_RAYS if quick else MAX_RAYS
        self._background = pose(0.0), render_corridor(camera, pose(0.0), self._rays)
        self._noise = self._make_noise()

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return round(self.duration * self.rate)

    @property
    def horizontal_fov(self) -> float:
        """Horizontal field of view of the camera in radians."""
        return self.camera.horizontal_fov

    def nearest(self, time: float, pose: CameraPose, masked: bool) -> float:
        """True distance to the nearest person ahead of the camera.

        Args:
            time: Time in seconds.
            pose: Pose of the camera at that time.
            masked: Whether to consider the people with a mask, or all others (without a mask, or
                with one worn incorrectly).

        Returns:
            Horizontal distance to the face in metres; NaN if there is no such person.
        """
        positions = (
            pose.seen_from(x, z)
            for person in self.people
            if person.present(time) and (person.mask_state is MaskState.MASK) == masked
            for x, _, z in (person.face_at(time),)
        )
        return min(
            (math.hypot(right, ahead) for right, ahead in positions if ahead > 0.0),
            default=math.nan,
        )

    def render(self, time: float, pose: CameraPose | None = None) -> Frame:
        """Render a frame with its ground truth.

        Args:
            time: Time in seconds.
            pose: Pose of the camera; None means that of the scene at this time.
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
        # Nearer people are painted later, over the others.
        for ahead, person in sorted(seen, key=lambda entry: -entry[0]):
            if ahead >= _MIN_DISTANCE:
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
        """Paint a person in place.

        Returns:
            The faces that are still visible: those of `faces` that this person does not hide, and
            this person's.
        """
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
        """Paint the soft shadow of the feet on the floor in place."""
        height, width = image.shape[:2]
        focal = self.camera.focal_length
        half_width = focal * _SHADOW_HALF_WIDTH / ahead
        # Seen at a slant, the depth of the floor shrinks with the square of the distance.
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
        noise = np.random.default_rng(self._seed).standard_normal(tile, np.float32) * _NOISE_STDDEV
        whole = np.asarray(noise.round(), np.int16)
        times = math.ceil(height / tile[0]), math.ceil(width / tile[1]), 1
        return np.ascontiguousarray(np.tile(whole, times)[:height, :width])

    def add_noise(self, image: Image, index: int) -> None:
        """Add the sensor noise in place: another part of one large pattern for each frame.

        Args:
            image: Picture of the camera's size, height x width x 3, BGR.
            index: Index of the frame.
        """
        x, y = np.random.default_rng((self._seed, index)).integers(0, _NOISE_MARGIN, 2)
        height, width = image.shape[:2]
        cv2.add(image, self._noise[y : y + height, x : x + width], dst=image, dtype=cv2.CV_8U)
