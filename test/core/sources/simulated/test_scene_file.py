# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Scene files: what they say reaches the scene, and each mistake gets a sentence."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.sources.simulated.disturbance import Disturbance, Fault
from mask_proximity.core.sources.simulated.scene_file import SCENES, load_scene, scene_path
from mask_proximity.core.types import MaskState

SCENE: dict[str, Any] = {
    'duration': 12,
    'limit': 1.2,
    'seed': 7,
    'camera': {'size': [320, 240], 'rate': 5, 'fov': 90, 'height': 1.1},
    'robot': {'x': 0.2, 'z': -3, 'yaw': 10, 'speed': 0.4},
    'people': [
        {
            'name': 'Ada',
            'wears': 'mask',
            'walk': [[1, 0, 5], [9, 0.5, 2]],
            'turned': [[2, 0], [4, -60]],
        },
        {'name': 'Grace', 'wears': 'no_mask', 'walk': [[0, 2.3, 5]]},
    ],
    'events': [{'camera': 'covered', 'from': 3, 'to': 4.5}],
}


def write(folder: Path, scene: object) -> Path:
    path = folder / 'mine.yaml'
    path.write_text(yaml.safe_dump(scene))
    return path


def test_all_that_a_file_says_is_taken(tmp_path: Path) -> None:
    scene = load_scene(write(tmp_path, SCENE))
    assert (scene.name, scene.duration, scene.limit, scene.seed) == ('mine', 12.0, 1.2, 7)
    assert (scene.camera.width, scene.camera.height, scene.rate) == (320, 240, 5.0)
    assert scene.camera.horizontal_fov == pytest.approx(math.pi / 2)
    start = scene.start
    assert (start.x, start.z, start.height, scene.speed) == (0.2, -3.0, 1.1, 0.4)
    assert start.yaw == pytest.approx(math.radians(10))
    ada, grace = scene.people
    assert (ada.name, ada.mask_state) == ('Ada', MaskState.MASK)
    assert ada.at(5.0)[:2] == pytest.approx((0.25, 3.5))
    assert [ada.yaw_at(time) for time in (0.0, 3.0, 9.0)] == pytest.approx(
        [0.0, math.radians(-30), math.radians(-60)]
    )
    assert (grace.mask_state, grace.yaw_at(5.0)) == (MaskState.NO_MASK, 0.0)
    assert scene.disturbances == (Disturbance(Fault.COVERED, 3.0, 4.5),)


def test_a_duration_is_enough(tmp_path: Path) -> None:
    scene = load_scene(write(tmp_path, {'duration': 2}))
    assert (scene.people, scene.disturbances, scene.speed, scene.limit) == ((), (), None, 1.5)
    assert (scene.camera.width, scene.camera.height, scene.rate) == (640, 480, 15.0)


@pytest.mark.parametrize('path', sorted(SCENES.glob('*.yaml')), ids=lambda path: path.stem)
def test_the_scenes_of_the_package(path: Path) -> None:
    assert scene_path(path.stem) == path
    assert load_scene(path).people


def changed(*way: Any, to: Any = None) -> dict[str, Any]:
    """The scene with another value, or without one."""
    scene = copy.deepcopy(SCENE)
    place: Any = scene
    for step in way[:-1]:
        place = place[step]
    if to is None:
        del place[way[-1]]
    else:
        place[way[-1]] = to
    return scene


@pytest.mark.parametrize(
    ('scene', 'sentence'),
    [
        ([], 'the scene must hold duration, limit, seed, camera, robot, people, events'),
        (changed('duration'), 'duration is missing; expected a scene (YAML)'),
        (changed('duration', to=-1), 'duration must be a number within 0.1 to 3600 s'),
        (changed('duration', to='long'), 'duration must be a number within 0.1 to 3600 s'),
        (changed('duration', to=True), 'duration must be a number'),
        (changed('limit', to=float('nan')), 'limit must be a number within 0 to 100 m'),
        (changed('persons', to=[]), 'there is no entry persons; expected duration'),
        (changed('camera', to=3), 'camera must hold size, rate, fov, height, but it is 3'),
        (changed('camera', 'heigth', to=1), 'no entry camera.heigth; did you mean height?'),
        (changed('camera', 'size', to=640), 'camera.size must be [width in px, height in px]'),
        (changed('camera', 'size', to=[640, 0]), 'camera.size (height) must be a number within 1'),
        (changed('camera', 'fov', to=180), 'camera.fov must be a number within 5 to 150 degrees'),
        (changed('robot', 'x', to=4), 'robot.x must be a number within -1.35 to 1.35 m'),
        (changed('people', to={}), 'people must be a list, but it is {}'),
        (changed('people', 0, 'name', to=3), 'people[0].name must be a text, but it is 3'),
        (
            changed('people', 1, 'wears', to='scarf'),
            'people[1].wears must be mask or no_mask or incorrect',
        ),
        (changed('people', 1, 'walk'), 'people[1].walk is missing'),
        (changed('people', 0, 'walk', to=[]), 'people[0].walk must have at least one row [time'),
        (
            changed('people', 0, 'walk', 1, to=[9, 0]),
            'people[0].walk[1] must be [time in s, x in m, z in m], but it is [9, 0]',
        ),
        (
            changed('people', 0, 'walk', 1, to=[1, 0, 0]),
            'people[0].walk[1] must be later than 1 s, but it is 1 s',
        ),
        (
            changed('people', 0, 'walk', 1, to=[9, -3, 0]),
            'people[0].walk[1] (x) must be a number within -1.35 to 4.5 m, but it is -3',
        ),
        (
            changed('people', 0, 'turned', 1, to=[4, 200]),
            'people[0].turned[1] (yaw) must be a number within -180 to 180 degrees',
        ),
        (
            changed('events', 0, 'camera', to='broken'),
            'events[0].camera must be covered or black or frozen or stalled, but it is broken',
        ),
        (
            changed('events', 0, 'to', to=3),
            'events[0].to must be later than events[0].from (3 s), but it is 3.0',
        ),
    ],
)
def test_each_mistake_gets_a_sentence(tmp_path: Path, scene: object, sentence: str) -> None:
    path = write(tmp_path, scene)
    with pytest.raises(SourceError) as caught:
        open_source(f'simulated:{path}', SourceSettings())
    assert str(caught.value).startswith(f'{path}: ')
    assert sentence in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text('people: [\nduration: 3')
    with pytest.raises(SourceError, match=r'cannot be parsed as YAML \(line 2\); expected a scene'):
        load_scene(path)
    with pytest.raises(SourceError, match="'coridor' is not a scene; .* one of: corridor"):
        open_source('simulated:coridor', SourceSettings())
