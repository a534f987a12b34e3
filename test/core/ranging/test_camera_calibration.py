# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration files, as camera_calibration writes them and as people break them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.errors import CalibrationError
from mask_proximity.core.ranging.camera_calibration import (
    Calibration,
    calibration_path,
    load_calibration,
)

# In the very notation of camera_calibration.
TEXT = """\
image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [500.5, 0.     , 320.25,
           0.     , 501.5, 240.75,
           0.     , 0.     , 1.     ]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [0.18, -0.26, 1e-05, -0.0019, 0.0]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0.,
         0., 1., 0.,
         0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [510.0, 0.     , 322.0, -30.0,
           0.     , 512.0, 241.0, 4.0,
           0.     , 0.     , 1.     , 0.     ]
"""


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / 'camera.yaml'
    path.write_text(text)
    return path


def test_a_file_of_camera_calibration_is_read(tmp_path: Path) -> None:
    calibration = load_calibration(write(tmp_path))
    assert (calibration.width, calibration.height) == (640, 480)
    assert calibration.distortion_model == 'plumb_bob'
    assert calibration.d == (0.18, -0.26, 1e-05, -0.0019, 0.0)
    assert calibration.k == (500.5, 0, 320.25, 0, 501.5, 240.75, 0, 0, 1)
    assert calibration.r == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert calibration.p == (510, 0, 322, -30, 0, 512, 241, 4, 0, 0, 1, 0)


@pytest.mark.parametrize(('width', 'height', 'scale'), [(1280, 960, 2.0), (320, 240, 0.5)])
def test_another_resolution_of_the_same_aspect_scales(
    width: int, height: int, scale: float, tmp_path: Path
) -> None:
    original = load_calibration(write(tmp_path))
    scaled = original.scaled_to(width, height)
    assert (scaled.width, scaled.height) == (width, height)
    assert scaled.k == pytest.approx([scale * value for value in original.k[:6]] + [0, 0, 1])
    assert scaled.p == pytest.approx([scale * value for value in original.p[:8]] + [0, 0, 1, 0])
    assert (scaled.d, scaled.r) == (original.d, original.r)
    assert original.scaled_to(640, 480) == original


@given(st.integers(1, 8000))
def test_a_size_that_follows_from_the_width_fits(width: int) -> None:
    original = Calibration(
        640, 360, '', (), (500.0, 0, 1, 0, 500.0, 1, 0, 0, 1), (0,) * 9, (0,) * 12
    )
    scaled = original.scaled_to(width, max(1, round(width * 360 / 640)))
    # The angle between the left and the right border is what it was.
    assert scaled.k[0] / width == pytest.approx(500.0 / 640)


@pytest.mark.parametrize('size', [(640, 360), (480, 640), (640, 481), (1280, 720)])
def test_another_aspect_is_refused(size: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match='for 640x480 images, whose aspect ratio is not'):
        load_calibration(write(tmp_path)).scaled_to(*size)


def with_entry(key: str, value: object) -> str:
    content = yaml.safe_load(TEXT)
    content[key] = value
    return yaml.safe_dump(content)


def without(key: str) -> str:
    content = yaml.safe_load(TEXT)
    del content[key]
    return yaml.safe_dump(content)


def with_number(key: str, index: int, value: object) -> str:
    content = yaml.safe_load(TEXT)
    content[key]['data'][index] = value
    return yaml.safe_dump(content)


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        *[
            (without(key), f'{key} is missing; expected a YAML file of camera_calibration')
            for key in yaml.safe_load(TEXT)
            if key != 'camera_name'
        ],
        (with_number('camera_matrix', 0, math.nan), 'camera_matrix holds nan; expected finite'),
        (with_number('projection_matrix', 3, math.inf), 'projection_matrix holds inf'),
        (
            with_number('distortion_coefficients', 0, 'wide'),
            "holds 'wide'; expected finite numbers",
        ),
        (with_number('distortion_coefficients', 0, True), 'holds True'),
        (with_number('distortion_coefficients', 0, None), 'holds None'),
        (with_number('camera_matrix', 0, 10**400), 'camera_matrix holds 1000'),
        (with_number('camera_matrix', 0, 0), 'fx = 0 and fy = 501.5; expected both above 0'),
        (with_number('camera_matrix', 0, -500), 'fx = -500'),
        (with_number('camera_matrix', 4, 0), 'fy = 0'),
        (with_number('camera_matrix', 8, 0), 'does not end in 0, 0, 1'),
        (TEXT.replace('cols: 3', 'cols: 4'), 'camera_matrix is 3x4 with 9 numbers; expected 3x3'),
        (TEXT.replace('cols: 4', 'cols: 3'), 'projection_matrix is 3x3 with 12 numbers'),
        (TEXT.replace('322.0, ', ''), 'projection_matrix is 3x4 with 11 numbers; expected 3x4'),
        (with_entry('camera_matrix', [1, 2]), 'camera_matrix has no list of data'),
        (with_entry('rectification_matrix', {'data': 7}), 'rectification_matrix has no list'),
        (with_entry('image_width', 0), 'image_width is 0; expected a number of pixels'),
        (with_entry('image_width', -640), 'image_width is -640'),
        (with_entry('image_height', '480'), "image_height is '480'"),
        (with_entry('image_height', True), 'image_height is True'),
        (with_entry('distortion_model', 5), 'distortion_model is 5; expected a name'),
        ('', 'this is not a calibration; expected a YAML file of camera_calibration'),
        ('camera', 'this is not a calibration'),
        ('- 1', 'this is not a calibration'),
        ('a: [', 'cannot be parsed as YAML (line 1); expected a YAML file of camera_calib'),
        ('a: !!python/object:os.system {}', 'cannot be parsed as YAML (line 1)'),
        ('%YAML:1.0\n---\nK: !!opencv-matrix\n  rows: 3\n', 'cannot be parsed as YAML'),
        ('/**/camera_node:\n  ros__parameters:\n    rate: 1.0\n', 'is missing'),
        ('x' * 200_000, 'larger than 100000 bytes'),
        ('[' * 50_000, 'cannot be parsed as YAML'),
    ],
)
def test_a_broken_file_gets_a_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(CalibrationError) as raised:
        load_calibration(path)
    assert str(raised.value).startswith(f'{path}: ')
    assert sentence in str(raised.value)
    assert '\n' not in str(raised.value)


@pytest.mark.parametrize(
    ('make', 'sentence'),
    [
        (lambda folder: folder / 'none.yaml', 'cannot be read (No such file or directory)'),
        (lambda folder: folder, 'cannot be read (it is not a regular file)'),
        (lambda folder: folder / 'a\0b', 'cannot be read (the path is not valid)'),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(
    make: Callable[[Path], Path], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(CalibrationError) as raised:
        load_calibration(make(tmp_path))
    assert sentence in str(raised.value)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_bytes_of_any_kind_are_refused(tmp_path_factory: Any, content: bytes) -> None:
    path = tmp_path_factory.mktemp('calibration') / 'camera.yaml'
    path.write_bytes(content)
    with pytest.raises(CalibrationError):
        load_calibration(path)


def share(package: str) -> str:
    if package != 'my_robot':
        raise LookupError(package)
    return '/opt/share/my_robot'


@pytest.mark.parametrize(
    ('url', 'path'),
    [
        ('file:///etc/camera.yaml', '/etc/camera.yaml'),
        ('file:///etc/front%20camera.yaml', '/etc/front camera.yaml'),
        ('package://my_robot/config/camera.yaml', '/opt/share/my_robot/config/camera.yaml'),
        ('/etc/front camera.yaml', '/etc/front camera.yaml'),
        ('camera.yaml', 'camera.yaml'),
    ],
)
def test_a_url_names_a_file(url: str, path: str) -> None:
    assert calibration_path(url, share) == Path(path)


@pytest.mark.parametrize(
    ('url', 'sentence'),
    [
        ('http://host/camera.yaml', "cannot be opened; expected 'file:///path', 'package://"),
        ('file://camera.yaml', 'cannot be opened'),
        ('package://my_robot', 'cannot be opened'),
        ('package:///camera.yaml', 'cannot be opened'),
        ('package://your_robot/camera.yaml', "the package 'your_robot' is not installed"),
        ('file://[', 'cannot be opened'),
        ('~nobody-of-this-name/camera.yaml', 'cannot be opened'),
    ],
)
def test_another_url_gets_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(CalibrationError) as raised:
        calibration_path(url, share)
    assert sentence in str(raised.value)
