# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenes from small YAML files: a camera, perhaps on a robot, people, and what befalls the camera.

See docs/closed_loop.md for the format; scenes/ has the files that come with the package.
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
"""Metres: the default of stop_distance and of alert_distance."""

_EXPECTED = 'expected a scene (YAML) as docs/closed_loop.md describes it'
_WEARS = {
    state.name.lower(): state for state in (MaskState.MASK, MaskState.NO_MASK, MaskState.INCORRECT)
}
_LONGEST = 3600.0
_X = -HALF_WIDTH, HALF_WIDTH
_Z = START, END
# People may also be in the passage.
_PASSAGE_X = -HALF_WIDTH, 4.5


@dataclass(frozen=True, slots=True)
class SceneFile:
    """What a scene file says.

    Attributes:
        name: of the file, without its suffix.
        duration: seconds.
        rate: frames per second.
        camera: size and field of view of the pictures.
        start: pose of the camera at the beginning.
        speed: at which the scene wishes its robot to drive, metres per second; None where the
            camera stands still.
        people: in the scene.
        disturbances: of the camera.
        limit: nearer to somebody without a mask the robot may not drive, metres.
        seed: of the sensor's noise.
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
    """The file of a scene.

    Args:
        name: of a scene of the package, or the path of a file.

    Raises:
        SourceError: neither exists.
    """
    packaged = {path.stem: path for path in sorted(SCENES.glob('*.yaml'))}
    if name in packaged:
        return packaged[name]
    path = Path(name).expanduser()
    if not path.is_file():
        raise SourceError(
            f'{name!r} is no scene; expected the path of a YAML file or one of: '
            f'{", ".join(packaged)}'
        )
    return path


def load_scene(path: Path) -> SceneFile:
    """Read a scene.

    Raises:
        SourceError: one sentence that names the file, the entry and what was expected.
    """
    return _Reader(path).scene(read_yaml(path, SourceError, _EXPECTED))


class _Reader:
    """Takes a file apart, entry by entry."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def scene(self, content: object) -> SceneFile:
        top = self._section(
            '', content, ('duration',), ('limit', 'seed', 'camera', 'robot', 'people', 'events')
        )
        duration = self._number(top, '', 'duration', (0.1, _LONGEST), 's')
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
                self._number(robot, 'robot.', 'x', _X, 'm', 0.0),
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
            f'{entry}.walk', person['walk'], ('time in s', 'x in m', 'z in m'), (_PASSAGE_X, _Z)
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
        start = self._number(event, f'{entry}.', 'from', (0.0, _LONGEST), 's')
        end = self._number(event, f'{entry}.', 'to', (0.0, _LONGEST), 's')
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
        """Rows of a time and something else, in order of time."""
        limits = ((0.0, _LONGEST), *ranges)
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
