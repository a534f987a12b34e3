# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Simulated scenes as a source of images, and the default scene."""

from __future__ import annotations

from mask_proximity.core.sources.base import Frame, SourceSettings
from mask_proximity.core.sources.simulated.camera import DEFAULT_FOV, CameraPose, PinholeCamera
from mask_proximity.core.sources.simulated.disturbance import (
    Fault,
    black,
    covered,
    fault_at,
)
from mask_proximity.core.sources.simulated.robot import Robot
from mask_proximity.core.sources.simulated.scene import Person, SimulatedScene, Waypoint
from mask_proximity.core.sources.simulated.scene_file import SceneFile, load_scene, scene_path
from mask_proximity.core.types import MaskState

SIMULATED = 'simulated'

DEFAULT_SIZE = (640, 480)
DEFAULT_RATE = 15.0

FAR, NEAR = 5.0, 0.85
"""Distances in metres at which the person enters the corridor, and at which she stops."""

# Phases of the default scene.
_EMPTY_BEFORE_SECONDS = 1.5
_ENTER_SECONDS = 1.7
_APPROACH_SECONDS = 5.0
_STAND_SECONDS = 2.3
_LEAVE_SECONDS = 1.5
_EMPTY_BETWEEN_SECONDS = 1.2


def default_scene(
    width: int = DEFAULT_SIZE[0],
    height: int = DEFAULT_SIZE[1],
    rate: float = DEFAULT_RATE,
    horizontal_fov: float = DEFAULT_FOV,
    seed: int = 0,
) -> SimulatedScene:
    """A person walks up without a mask, stands near, leaves; then she comes again with a mask.

    Args:
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.
        rate: Frames per second.
        horizontal_fov: Horizontal field of view in radians.
        seed: Seed of the sensor noise.

    Raises:
        SourceError: The portrait that she is rendered from is missing.
    """
    visit = _ENTER_SECONDS + _APPROACH_SECONDS + _STAND_SECONDS
    first = _EMPTY_BEFORE_SECONDS
    leaves = first + visit
    gone = leaves + _LEAVE_SECONDS
    second = gone + _EMPTY_BETWEEN_SECONDS
    duration = second + visit
    people = (
        Person('Eileen', MaskState.NO_MASK, (*_walk_up(first), Waypoint(gone, -1.25, NEAR))),
        Person('Eileen', MaskState.MASK, _walk_up(second)),
    )
    camera = PinholeCamera(width, height, horizontal_fov)
    return SimulatedScene(people, duration, rate, camera, seed=seed)


def _walk_up(begins: float) -> tuple[Waypoint, ...]:
    """The walk out of the passage, along the corridor to the camera, and the wait there."""
    near = begins + _ENTER_SECONDS + _APPROACH_SECONDS
    return (
        Waypoint(begins, 2.05, FAR),
        Waypoint(begins + _ENTER_SECONDS, 0.45, FAR),
        Waypoint(near, 0.0, NEAR),
        Waypoint(near + _STAND_SECONDS, 0.0, NEAR),
    )


def is_simulated(spec: str) -> bool:
    """Whether `spec` names a simulated scene."""
    return spec.strip().partition(':')[0] == SIMULATED


class SimulatedSource:
    """A simulated scene as a source; see `base.Source`.

    Attributes:
        scene: Scene that is shown.
        script: Content of the scene file; None for the default scene.
        robot: Robot that carries the camera; None if the camera stands still.
    """

    def __init__(self, settings: SourceSettings, spec: str = SIMULATED) -> None:
        """Create the scene.

        Args:
            settings: Size, rate, field of view and seed; 0 means the scene's own.
            spec: 'simulated', or 'simulated:' followed by the name of a scene or a path.

        Raises:
            SourceError: There is no such scene, its file is invalid, or the portrait that the
                people are rendered from is missing.
        """
        _, colon, name = spec.strip().partition(':')
        self.script = load_scene(scene_path(name.strip())) if colon else None
        self.description = f'the simulated scene {self.script.name if self.script else ""}'.rstrip()
        self.problems: list[str] = []
        self.robot: Robot | None = None
        if self.script is not None and self.script.speed is not None:
            self.robot = Robot(self.script.start, self.script.speed)
        self._next = 0
        self._last: Frame | None = None
        self._make_scene(settings)

    def _make_scene(self, settings: SourceSettings) -> None:
        self.scene = (
            _scene_of(self.script, settings)
            if self.script is not None
            else default_scene(
                *settings.size_for(*DEFAULT_SIZE),
                settings.rate or DEFAULT_RATE,
                settings.horizontal_fov or DEFAULT_FOV,
                settings.seed,
            )
        )
        self.rate = self.scene.rate
        self.frame_count = self.scene.frame_count
        self.horizontal_fov = self.scene.horizontal_fov

    @property
    def time(self) -> float:
        """Time of the frame that was read last, in seconds since the scene began."""
        return max(0, self._next - 1) / self.scene.rate

    @property
    def pose(self) -> CameraPose:
        """Pose of the camera in the frame that was read last."""
        return self.robot.pose if self.robot else self.scene.pose(self.time)

    def drive(self, forward: float, turn: float) -> None:
        """Command the robot, if there is one; the command takes effect with the next frame.

        Args:
            forward: Forward speed in metres per second.
            turn: Turning speed in radians per second, positive to the left.
        """
        if self.robot is not None:
            self.robot.velocity = (forward, turn)

    def read(self) -> Frame | None:
        """See Source.read."""
        if self._next >= self.scene.frame_count:
            return None
        if self.robot is not None and self._next > 0:
            self.robot.step(1.0 / self.scene.rate)
        self._next += 1
        frame = self._seen(fault_at(self.time, self.script.disturbances if self.script else ()))
        if frame.delivered:
            self._last = frame
        return frame

    def _seen(self, fault: Fault | None) -> Frame:
        size = self.scene.camera.height, self.scene.camera.width
        if fault is Fault.STALLED:
            return Frame(black(*size), (), delivered=False)
        if fault is Fault.FROZEN and self._last is not None:
            return self._last
        if fault in (Fault.COVERED, Fault.BLACK):
            image = covered(*size) if fault is Fault.COVERED else black(*size)
            self.scene.add_noise(image, self._next)
            return Frame(image, ())
        return self.scene.render(self.time, self.pose)

    def rewind(self) -> None:
        """See Source.rewind."""
        self._next, self._last = 0, None
        if self.robot is not None:
            self.robot.restart()

    def adapt(self, settings: SourceSettings) -> bool:
        """See Source.adapt."""
        reached = self._next / self.rate
        self._make_scene(settings)
        self._next, self._last = round(reached * self.rate), None
        return True

    def close(self) -> None:
        """See Source.close."""


def _scene_of(script: SceneFile, settings: SourceSettings) -> SimulatedScene:
    camera = PinholeCamera(
        *settings.size_for(script.camera.width, script.camera.height),
        settings.horizontal_fov or script.camera.horizontal_fov,
    )
    return SimulatedScene(
        script.people,
        script.duration,
        settings.rate or script.rate,
        camera,
        pose=lambda time: script.start,
        seed=settings.seed or script.seed,
        quick=script.speed is not None,
    )
