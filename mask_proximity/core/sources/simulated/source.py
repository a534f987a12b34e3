# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated scene as a source of images, and the scene that it shows by default."""

from __future__ import annotations

from mask_proximity.core.scene import MaskState
from mask_proximity.core.sources.base import Frame, SourceSettings
from mask_proximity.core.sources.simulated.camera import DEFAULT_FOV, PinholeCamera
from mask_proximity.core.sources.simulated.scene import Person, SimulatedScene, Waypoint

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


class SimulatedSource:
    """See mask_proximity.core.sources.base.Source."""

    def __init__(self, settings: SourceSettings) -> None:
        """Make the scene.

        Args:
            settings: size, rate, field of view and seed; 0 = the scene's own.

        Raises:
            SourceError: the portrait that the person is made from is missing.
        """
        self.description = 'the simulated scene'
        self.problems: list[str] = []
        self._next = 0
        self._make_scene(settings)

    def _make_scene(self, settings: SourceSettings) -> None:
        width, height = settings.size_for(*DEFAULT_SIZE)
        self.scene = default_scene(
            width,
            height,
            settings.rate or DEFAULT_RATE,
            settings.horizontal_fov or DEFAULT_FOV,
            settings.seed,
        )
        self.rate = self.scene.rate
        self.frame_count = self.scene.frame_count
        self.horizontal_fov = self.scene.horizontal_fov

    def read(self) -> Frame | None:
        """See Source.read."""
        if self._next >= self.scene.frame_count:
            return None
        frame = self.scene.render(self._next / self.scene.rate)
        self._next += 1
        return frame

    def rewind(self) -> None:
        """See Source.rewind."""
        self._next = 0

    def adapt(self, settings: SourceSettings) -> bool:
        """See Source.adapt."""
        reached = self._next / self.rate
        self._make_scene(settings)
        self._next = round(reached * self.rate)
        return True

    def close(self) -> None:
        """See Source.close."""
