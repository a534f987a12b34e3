# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Simulated scenes as a source of images, and the scene that it shows by default."""

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
"""Where the person comes into the corridor, and how close she comes, metres."""

# The course of the default scene, seconds.
_EMPTY_BEFORE = 1.5
_ENTER = 1.7
_APPROACH = 5.0
_STAND = 2.3
_LEAVE = 1.5
_EMPTY_BETWEEN = 1.2


def default_scene(
    width: int = DEFAULT_SIZE[0],
    height: int = DEFAULT_SIZE[1],
    rate: float = DEFAULT_RATE,
    horizontal_fov: float = DEFAULT_FOV,
    seed: int = 0,
) -> SimulatedScene:
    """A person walks up bare-faced, stands near, leaves; then she comes again with a mask.

    Args:
        width: of the picture, pixels.
        height: of the picture, pixels.
        rate: frames per second.
        horizontal_fov: radians.
        seed: of the sensor's noise.

    Raises:
        SourceError: the portrait that she is made from is missing.
    """
    bare_begins = _EMPTY_BEFORE
    bare_leaves = bare_begins + _ENTER + _APPROACH + _STAND
    masked_begins = bare_leaves + _LEAVE + _EMPTY_BETWEEN
    duration = masked_begins + _ENTER + _APPROACH + _STAND
    people = (
        Person(
            'Eileen',
            MaskState.NO_MASK,
            (*_walk_up(bare_begins), Waypoint(bare_leaves + _LEAVE, -1.25, NEAR)),
        ),
        Person('Eileen', MaskState.MASK, _walk_up(masked_begins)),
    )
    camera = PinholeCamera(width, height, horizontal_fov)
    return SimulatedScene(people, duration, rate, camera, seed=seed)


def _walk_up(begins: float) -> tuple[Waypoint, ...]:
    """Out of the passage, along the corridor up to the camera, and a while there."""
    near = begins + _ENTER + _APPROACH
    return (
        Waypoint(begins, 2.05, FAR),
        Waypoint(begins + _ENTER, 0.45, FAR),
        Waypoint(near, 0.0, NEAR),
        Waypoint(near + _STAND, 0.0, NEAR),
    )


def is_simulated(spec: str) -> bool:
    """Whether `spec` names a simulated scene."""
    return spec.strip().partition(':')[0] == SIMULATED


class SimulatedSource:
    """See mask_proximity.core.sources.base.Source.

    Attributes:
        scene: that is shown.
        script: the file of the scene; None for the default one.
        robot: that carries the camera; None where it stands still.
    """

    def __init__(self, settings: SourceSettings, spec: str = SIMULATED) -> None:
        """Make the scene.

        Args:
            settings: size, rate, field of view and seed; 0 = the scene's own.
            spec: 'simulated', or 'simulated:' and a name of a scene or a path.

        Raises:
            SourceError: there is no such scene, its file breaks a rule, or the portrait that the
                people are made from is missing.
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
        """Of the frame that was read last, seconds since the scene began."""
        return max(0, self._next - 1) / self.scene.rate

    @property
    def pose(self) -> CameraPose:
        """Of the camera in that frame."""
        return self.robot.pose if self.robot else self.scene.pose(self.time)

    def drive(self, forward: float, turn: float) -> None:
        """Command the robot, if there is one; the command acts from the next frame on.

        Args:
            forward: metres per second.
            turn: radians per second, positive to the left.
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
