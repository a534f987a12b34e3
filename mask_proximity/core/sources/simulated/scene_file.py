# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenes from small YAML files: a camera, optionally on a robot, people, and camera faults.

docs/closed_loop.md describes the format; scenes/ has the files that come with the package.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.simulated.camera import CAMERA_HEIGHT, CameraPose, PinholeCamera
from mask_proximity.core.sources.simulated.corridor import END, HALF_WIDTH, START
from mask_proximity.core.sources.simulated.disturbance import Disturbance, Fault
from mask_proximity.core.sources.simulated.scene import Person, Waypoint
from mask_proximity.core.types import MaskState
from mask_proximity.core.yaml_file import read_yaml

SCENES = Path(__file__).with_name('scenes')

DEFAULT_LIMIT = 1.5
"""Default of `limit` in metres; it equals the defaults of stop_distance and alert_distance."""

_EXPECTED = 'expected a scene (YAML) as docs/closed_loop.md describes it'
_WEARS = {
    state.name.lower(): state for state in (MaskState.MASK, MaskState.NO_MASK, MaskState.INCORRECT)
}
_MAX_SECONDS = 3600.0
# Allowed positions in metres; unlike the camera, people may also be in the passage.
_CAMERA_X = -HALF_WIDTH, HALF_WIDTH
_PERSON_X = -HALF_WIDTH, 4.5
_Z = START, END


@dataclass(frozen=True, slots=True)
class SceneFile:
    """Content of a scene file.

    Attributes:
        name: Name of the file without its suffix.
        duration: Duration in seconds.
        rate: Frames per second.
        camera: Size and field of view of the pictures.
        start: Pose of the camera at the beginning.
        speed: Speed that the scene requests of its robot, in metres per second; None if the camera
            stands still.
        people: People in the scene.
        disturbances: Faults of the camera.
        limit: Distance in metres that the robot must keep from people without a mask.
        seed: Seed of the sensor noise.
    """

    name: str
    duration: float
    rate: float
    camera: PinholeCamera
    start: CameraPose
    speed: float | None
    people: tuple[Person, ...]
    disturbances: tuple[Disturbance, ...]
    limit: float
    seed: int


def scene_path(name: str) -> Path:
    """The path of a scene file.

    Args:
        name: Name of a scene of the package, or path of a file.

    Raises:
        SourceError: Neither exists.
    """
    packaged = {path.stem: path for path in sorted(SCENES.glob('*.yaml'))}
    if name in packaged:
        return packaged[name]
    path = Path(name).expanduser()
    if not path.is_file():
        raise SourceError(
            f'{name!r} is not a scene; expected the path of a YAML file or one of: '
            f'{", ".join(packaged)}'
        )
    return path


def load_scene(path: Path) -> SceneFile:
    """Read a scene file.

    Raises:
        SourceError: The file cannot be read or is invalid; the text names the file, the entry and
            what was expected.
    """
    return _Reader(path).scene(read_yaml(path, SourceError, _EXPECTED))


class _Reader:
    """Converts and checks the entries of a scene file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def scene(self, content: object) -> SceneFile:
        top = self._section(
            '', content, ('duration',), ('limit', 'seed', 'camera', 'robot', 'people', 'events')
        )
        duration = self._number(top, '', 'duration', (0.1, _MAX_SECONDS), 's')
        camera = self._section(
            'camera', top.get('camera', {}), (), ('size', 'rate', 'fov', 'height')
        )
        width, height = self._numbers(
            'camera.size', camera.get('size', [640, 480]), ('width in px', 'height in px'),
            ((1, 7680), (1, 4320)),
        )  # fmt: skip
        robot = self._section('robot', top.get('robot', {}), (), ('x', 'z', 'yaw', 'speed'))
        return SceneFile(
            name=self._path.stem,
            duration=duration,
            rate=self._number(camera, 'camera.', 'rate', (0.1, 240.0), 'Hz', 15.0),
            camera=PinholeCamera(
                round(width),
                round(height),
                math.radians(self._number(camera, 'camera.', 'fov', (5.0, 150.0), 'degrees', 60.0)),
            ),
            start=CameraPose(
                self._number(robot, 'robot.', 'x', _CAMERA_X, 'm', 0.0),
                self._number(robot, 'robot.', 'z', _Z, 'm', 0.0),
                math.radians(self._number(robot, 'robot.', 'yaw', (-60, 60), 'degrees', 0.0)),
                self._number(camera, 'camera.', 'height', (0.1, 2.5), 'm', CAMERA_HEIGHT),
            ),
            speed=self._number(robot, 'robot.', 'speed', (0.0, 10.0), 'm/s', 0.5)
            if 'robot' in top
            else None,
            people=tuple(
                self._person(f'people[{index}]', entry)
                for index, entry in enumerate(self._list('people', top.get('people', [])))
            ),
            disturbances=tuple(
                self._disturbance(f'events[{index}]', entry)
                for index, entry in enumerate(self._list('events', top.get('events', [])))
            ),
            limit=self._number(top, '', 'limit', (0.0, 100.0), 'm', DEFAULT_LIMIT),
            seed=round(self._number(top, '', 'seed', (0, 2**32), '', 0)),
        )

    def _person(self, entry: str, value: object) -> Person:
        person = self._section(entry, value, ('name', 'wears', 'walk'), ('turned',))
        name = person['name']
        if not isinstance(name, str) or not name:
            self._fail(f'{entry}.name', 'must be a text', name)
        wears = person['wears']
        if not isinstance(wears, str) or wears not in _WEARS:
            self._fail(f'{entry}.wears', f'must be {" or ".join(_WEARS)}', wears)
        walk = self._course(
            f'{entry}.walk', person['walk'], ('time in s', 'x in m', 'z in m'), (_PERSON_X, _Z)
        )
        turned = self._course(
            f'{entry}.turned', person.get('turned', [[0, 0]]), ('time in s', 'yaw in degrees'),
            ((-180.0, 180.0),),
        )  # fmt: skip
        return Person(
            name,
            _WEARS[wears],
            [Waypoint(*row) for row in walk],
            [(time, math.radians(yaw)) for time, yaw in turned],
        )

    def _disturbance(self, entry: str, value: object) -> Disturbance:
        event = self._section(entry, value, ('camera', 'from', 'to'), ())
        kinds = [fault.value for fault in Fault]
        if event['camera'] not in kinds:
            self._fail(f'{entry}.camera', f'must be {" or ".join(kinds)}', event['camera'])
        start = self._number(event, f'{entry}.', 'from', (0.0, _MAX_SECONDS), 's')
        end = self._number(event, f'{entry}.', 'to', (0.0, _MAX_SECONDS), 's')
        if end <= start:
            self._fail(f'{entry}.to', f'must be later than {entry}.from ({start:g} s)', end)
        return Disturbance(Fault(event['camera']), start, end)

    def _course(
        self,
        entry: str,
        value: object,
        parts: Sequence[str],
        ranges: Sequence[tuple[float, float]],
    ) -> list[tuple[float, ...]]:
        """Read a list of rows that begin with a time, and check that the times rise."""
        limits = ((0.0, _MAX_SECONDS), *ranges)
        rows = [
            self._numbers(f'{entry}[{index}]', row, parts, limits)
            for index, row in enumerate(self._list(entry, value))
        ]
        if not rows:
            self._fail(entry, f'must have at least one row [{", ".join(parts)}]', value)
        for index, (before, row) in enumerate(pairwise(rows)):
            if row[0] <= before[0]:
                self._fail(
                    f'{entry}[{index + 1}]', f'must be later than {before[0]:g} s', f'{row[0]:g} s'
                )
        return rows

    def _section(
        self, entry: str, value: object, needed: Sequence[str], optional: Sequence[str]
    ) -> Mapping[str, Any]:
        known = (*needed, *optional)
        name = entry or 'the scene'
        if not isinstance(value, dict):
            self._fail(name, f'must hold {", ".join(known)}', value)
        dot = f'{entry}.' if entry else ''
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f'did you mean {near[0]}?' if near else f'expected {", ".join(known)}'
                raise SourceError(f'{self._path}: there is no entry {dot}{key}; {hint}')
        for key in needed:
            if key not in value:
                raise SourceError(f'{self._path}: {dot}{key} is missing; {_EXPECTED}')
        return value

    def _list(self, entry: str, value: object) -> list[Any]:
        if not isinstance(value, list):
            self._fail(entry, 'must be a list', value)
        return value

    def _numbers(
        self,
        entry: str,
        value: object,
        parts: Sequence[str],
        ranges: Sequence[tuple[float, float]],
    ) -> tuple[float, ...]:
        if not isinstance(value, list) or len(value) != len(parts):
            self._fail(entry, f'must be [{", ".join(parts)}]', value)
        return tuple(
            self._checked(f'{entry} ({part.partition(" in ")[0]})', number, within, part)
            for number, part, within in zip(value, parts, ranges, strict=True)
        )

    def _number(
        self,
        section: Mapping[str, Any],
        prefix: str,
        key: str,
        within: tuple[float, float],
        unit: str,
        default: float | None = None,
    ) -> float:
        if default is not None and key not in section:
            return default
        return self._checked(f'{prefix}{key}', section[key], within, f' in {unit}' if unit else '')

    def _checked(self, entry: str, value: object, within: tuple[float, float], part: str) -> float:
        unit = part.partition(' in ')[2]
        low, high = within
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not low <= value <= high
        ):
            self._fail(entry, f'must be a number within {low:g} to {high:g} {unit}'.rstrip(), value)
        return float(value)

    def _fail(self, entry: str, expected: str, value: object) -> NoReturn:
        text = value if isinstance(value, str) else repr(value)
        raise SourceError(f'{self._path}: {entry} {expected}, but it is {text[:60]}')
