# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameter files and NAME=VALUE pairs, read without ROS."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.errors import MaskProximityError, SettingsError
from mask_proximity.core.settings.nodes import (
    NODES,
    CameraSettings,
    DetectorSettings,
    OverlaySettings,
)
from mask_proximity.core.settings.parameter_file import load_settings, parse_value
from mask_proximity.core.settings_table import Settings

CONFIG = Path(__file__).resolve().parents[3] / 'config'
OFFLINE = ('detector_node', 'overlay_node')


def load(tmp_path: Path, text: str, *assignments: str) -> dict[str, Settings]:
    path = tmp_path / 'params.yaml'
    path.write_text(text, encoding='utf-8')
    return load_settings(path, assignments, OFFLINE)


def section(name: str, *values: str) -> str:
    return f'{name}:\n  ros__parameters:\n' + ''.join(f'    {value}\n' for value in values)


def test_the_file_of_all_parameters_holds_the_defaults() -> None:
    assert load_settings(CONFIG / 'mask_proximity.yaml', (), OFFLINE) == {
        node: settings() for node, settings in NODES.items()
    }


def test_the_preset_of_the_tutorial() -> None:
    settings = load_settings(CONFIG / 'tutorial.yaml', (), OFFLINE)
    assert settings['overlay_node'] == OverlaySettings(style='tutorial', working_width=600)
    assert settings['detector_node'].working_width == 600  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    'name', ['detector_node', '/detector_node', '/front/detector_node', '/**/detector_node']
)
def test_a_section_with_any_namespace(tmp_path: Path, name: str) -> None:
    settings = load(tmp_path, section(name, 'mask_threshold: 0.9'))
    assert settings['detector_node'] == DetectorSettings(mask_threshold=0.9)


def test_a_namespace_as_a_level_of_its_own(tmp_path: Path) -> None:
    text = 'front:\n  detector_node:\n    ros__parameters:\n      mask_threshold: 0.9\n'
    assert load(tmp_path, text)['detector_node'] == DetectorSettings(mask_threshold=0.9)


def test_a_wildcard_sets_every_node_that_has_the_name(tmp_path: Path) -> None:
    settings = load(tmp_path, section('/**', 'working_width: 320', 'use_sim_time: true'))
    assert settings['detector_node'] == DetectorSettings(working_width=320)
    assert settings['overlay_node'] == OverlaySettings(working_width=320)


def test_the_more_exact_section_wins_wherever_it_stands(tmp_path: Path) -> None:
    text = section('detector_node', 'mask_threshold: 0.9') + section('/**', 'mask_threshold: 0.6')
    assert load(tmp_path, text)['detector_node'] == DetectorSettings(mask_threshold=0.9)


def test_what_is_set_beside_the_file_wins_and_is_checked_with_it(tmp_path: Path) -> None:
    text = section('detector_node', 'caution_width_ratio: 0.2')
    with pytest.raises(SettingsError):
        load(tmp_path, text)
    settings = load(tmp_path, text, 'alert_width_ratio=0.3')
    assert settings['detector_node'] == DetectorSettings(
        caution_width_ratio=0.2, alert_width_ratio=0.3
    )


def test_a_name_alone_is_that_of_every_node_and_one_can_be_named() -> None:
    both = load_settings(None, ['working_width=600'], OFFLINE)
    assert both['detector_node'] == DetectorSettings(working_width=600)
    assert both['overlay_node'] == OverlaySettings(working_width=600)
    one = load_settings(None, ['overlay_node.working_width=600'], OFFLINE)
    assert one['detector_node'] == DetectorSettings()


def test_ros_own_parameters_are_left_to_ros(tmp_path: Path) -> None:
    text = section(
        'camera_node',
        'rate: 10.0',
        'use_sim_time: true',
        'qos_overrides: {/image_raw: {publisher: {depth: 3}}}',
    )
    assert load(tmp_path, text)['camera_node'] == CameraSettings(rate=10.0)


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        (section('lidar_node', 'range: 3.0'), r'for other nodes .sections: /lidar_node'),
        (section('detector_node', 'mask_treshold: 0.8'), 'did you mean mask_threshold?'),
        (section('/**', 'mask_treshold: 0.8'), 'did you mean mask_threshold?'),
        (section('detector_node', 'mask_threshold: .nan'), 'mask_threshold must be a finite'),
        (section('detector_node', 'delay_off: .inf'), 'delay_off must be a finite number'),
        (section('detector_node', 'threads: two'), 'threads must be of type int'),
        (section('detector_node', 'caution_width_ratio: 0.2'), 'caution_width_ratio .0.2. must'),
        (
            section('/left/detector_node', 'threads: 1')
            + section('/right/detector_node', 'threads: 2'),
            'detector_node has several sections',
        ),
        ('detector_node:\n  mask_threshold: 0.8\n', "'mask_threshold' is outside"),
        ('ros__parameters:\n  mask_threshold: 0.8\n', 'below the name of a node'),
        ('detector_node:\n  ros__parameters: 3\n', 'must hold names and values'),
        ('detector_node: [\n', r'cannot be parsed as YAML .line 2.'),
        ('', 'this file has no parameters'),
        ('- 1\n', 'this file has no parameters'),
        ('[' * 5000, 'cannot be parsed as YAML'),
    ],
)
def test_a_mistake_in_a_file_gets_a_sentence_with_its_name(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence) as raised:
        load(tmp_path, text)
    assert str(raised.value).startswith(str(tmp_path / 'params.yaml'))


@pytest.mark.parametrize(
    ('assignment', 'sentence'),
    [
        ('mask_threshold', 'expected NAME=VALUE'),
        ('mask_treshold=0.8', 'did you mean mask_threshold?'),
        ('mask_threshold=nan', "must be of type double, but 'nan' was given"),
        ('mask_threshold=.inf', 'must be a finite number'),
        ('mask_threshold=[', 'is not a valid YAML value'),
        ('camera_node.rate=3', "there is no node 'camera_node' here"),
        ('overlay_node.threads=3', "there is no parameter 'threads'"),
        ('=3', "there is no parameter ''"),
        ('style=cubist', "style must be default or tutorial, but it is 'cubist'"),
    ],
)
def test_a_mistake_in_an_assignment_gets_a_sentence_with_it(assignment: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as raised:
        load_settings(None, [assignment], OFFLINE)
    assert str(raised.value).startswith(f'--set {assignment}: ')


def test_a_wrong_assignment_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match='^--set caution_width_ratio=0.2: '):
        load(tmp_path, section('detector_node', 'threads: 1'), 'caution_width_ratio=0.2')


@pytest.mark.parametrize('name', ['missing.yaml', '.', '/dev/zero'])
def test_what_is_no_file_gets_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match='expected a ROS parameter file'):
        load_settings(tmp_path / name, (), OFFLINE)


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('1e-3', 0.001),
        ('-2.5E2', -250.0),
        ('3', 3),
        ('true', True),
        ("'0'", '0'),
        ('2026-11-24', '2026-11-24'),
        ('', None),
    ],
)
def test_values_are_read_as_ros_reads_them(text: str, value: object) -> None:
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)


@given(st.binary(max_size=200))
def test_any_bytes_give_settings_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / 'any.yaml'
    path.write_bytes(content)
    with pytest.raises(MaskProximityError, match='expected'):
        load_settings(path, (), OFFLINE)
