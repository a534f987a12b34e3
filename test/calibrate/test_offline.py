# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""mask-proximity calibrate on pictures of a person whose distance is known."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import pytest
import yaml

from mask_proximity.cli import main
from mask_proximity.core.sources.simulated.camera import PinholeCamera
from mask_proximity.core.sources.simulated.scene import Person, SimulatedScene, Waypoint
from mask_proximity.core.types import MaskState

FOV = math.radians(60.0)
DISTANCE = 1.2


@pytest.fixture(scope='module')
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who stands before the camera."""
    folder = tmp_path_factory.mktemp('standing')
    person = Person(
        'Eileen', MaskState.NO_MASK, (Waypoint(0.0, 0.0, DISTANCE), Waypoint(9.0, 0.0, DISTANCE))
    )
    scene = SimulatedScene([person], 9.0, 1.0, PinholeCamera(640, 480, FOV))
    for index in range(6):
        cv2.imwrite(str(folder / f'{index}.png'), scene.render(float(index + 1)).image)
    return folder


@pytest.mark.parametrize(
    ('given', 'parameter', 'expected'),
    [
        (('--set', f'camera_node.horizontal_fov={FOV}'), 'face_width', 0.14),
        # The face of the simulation is 0.14 m wide; told so, it finds the camera.
        (('--set', 'face_width=0.14'), 'horizontal_fov', FOV),
    ],
)
def test_it_finds_what_is_not_known(
    pictures: Path,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    parameter: str,
    expected: float,
) -> None:
    arguments = ['calibrate', '--distance', str(DISTANCE), '--source', str(pictures), *given]
    assert main(arguments) == 0
    text, _, lines = capsys.readouterr().out.partition('\n\n')
    assert 'median of 6 images' in text
    (section,) = yaml.safe_load(lines).values()
    assert section['ros__parameters'][parameter] == pytest.approx(expected, rel=0.05)


def test_somebody_who_walks_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    person = Person('Eileen', MaskState.NO_MASK, (Waypoint(0.0, 0.0, 2.5), Waypoint(7.0, 0.0, 0.6)))
    scene = SimulatedScene([person], 7.0, 1.0, PinholeCamera(640, 480, FOV))
    for index in range(7):
        cv2.imwrite(str(tmp_path / f'{index}.png'), scene.render(float(index)).image)
    assert main(['calibrate', '--distance', '1', '--source', str(tmp_path)]) == 2
    assert 'stand still' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (('--distance', '0', '--source', 'simulated'), 'the distance must be within 0.2 to 10 m'),
        (('--distance', '1', '--duration', '0', '--source', '0'), '--duration must be above 0'),
        (('--distance', '1', '--set', 'face_width=0.1'), 'go with --source'),
        (('--distance', '1', '--source', 'none.mp4'), 'none.mp4'),
    ],
)
def test_a_mistake_gets_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['calibrate', *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ') and sentence in line
