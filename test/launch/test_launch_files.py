# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be said of the launch files where `launch` is not installed."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from mask_proximity import environment
from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings_table import setting_rows

ROOT = Path(__file__).resolve().parents[2]
MAIN = 'mask_proximity.launch.py'
ARGUMENTS = ['camera', 'image_topic', 'params_file', 'namespace', 'overlay', 'governor']
PYTHON = sorted((ROOT / 'launch').glob('*.launch.py'))
XML = sorted((ROOT / 'launch').glob('*.launch.xml'))


def calls(path: Path, name: str) -> list[ast.Call]:
    """The calls of a function or class in a Python file."""
    return [
        item
        for item in ast.walk(ast.parse(path.read_text(encoding='utf-8'), str(path)))
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Name) and item.func.id == name
    ]


def texts(path: Path) -> set[str]:
    """The text constants in a Python file."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    return {
        item.value
        for item in ast.walk(tree)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }


def declared(path: Path) -> list[str]:
    """The launch arguments that a file declares."""
    if path.suffix == '.xml':
        return [item.attrib['name'] for item in ElementTree.parse(path).getroot().findall('arg')]
    return [ast.literal_eval(call.args[0]) for call in calls(path, 'DeclareLaunchArgument')]


def test_there_are_a_main_file_a_demo_one_for_cameras_and_an_example_in_xml() -> None:
    names = [path.name for path in [*PYTHON, *XML]]
    assert names == ['demo.launch.py', MAIN, 'multi_camera.launch.py', 'own_camera.launch.xml']


def test_the_arguments_are_these_six() -> None:
    assert declared(ROOT / 'launch' / MAIN) == ARGUMENTS


@pytest.mark.parametrize('path', [*PYTHON, *XML], ids=lambda path: path.name)
def test_every_argument_is_described(path: Path) -> None:
    if path.suffix == '.xml':
        arguments = ElementTree.parse(path).getroot().findall('arg')
        assert all(argument.attrib.get('description') for argument in arguments)
    else:
        for call in calls(path, 'DeclareLaunchArgument'):
            assert {keyword.arg for keyword in call.keywords} == {'default_value', 'description'}


def test_the_nodes_that_are_started_exist() -> None:
    started = [ast.literal_eval(call.args[0]) for call in calls(ROOT / 'launch' / MAIN, 'node')]
    assert sorted(started) == sorted(environment.NODES)


def test_the_executable_for_several_cameras_exists() -> None:
    (node,) = calls(ROOT / 'launch' / 'multi_camera.launch.py', 'Node')
    (name,) = [word.value for word in node.keywords if word.arg == 'executable']
    assert (environment.prefix() / 'lib' / 'mask_proximity' / ast.literal_eval(name)).is_file()


@pytest.mark.parametrize('path', PYTHON, ids=lambda path: path.name)
def test_the_files_that_are_named_are_installed(path: Path) -> None:
    share = environment.prefix() / 'share' / 'mask_proximity'
    assert (share / 'launch' / path.name).is_file()
    named = {text for text in texts(path) if re.fullmatch(r'[\w.]+\.(yaml|xml|launch\.py)', text)}
    assert named
    for name in named:
        assert (share / ('launch' if 'launch' in name else 'config') / name).is_file()


@pytest.mark.parametrize('path', XML, ids=lambda path: path.name)
def test_xml_includes_our_file_with_arguments_that_it_has(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    assert root.tag == 'launch'
    (include,) = root.iter('include')
    assert include.attrib['file'].endswith(f'/launch/{MAIN}')
    assert {item.attrib['name'] for item in include.findall('arg')} <= set(ARGUMENTS)
    used = re.findall(r'\$\(var (\w+)\)', path.read_text(encoding='utf-8'))
    assert set(used) <= set(declared(path))


@pytest.mark.parametrize('page', ['README.md', *(f'docs/{p.name}' for p in ROOT.glob('docs/*.md'))])
def test_the_commands_of_the_pages_have_arguments_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding='utf-8')
    for file, rest in re.findall(r'ros2 launch mask_proximity (\S+)((?: \\\n|[^\n`])*)', text):
        path = ROOT / 'launch' / file
        assert path.is_file(), file
        known = {*declared(path), *(ARGUMENTS if path.suffix == '.py' else [])}
        assert {name for name, _ in re.findall(r'(\w+):=(\S*)', rest)} <= known


PARAMETER_FILES = sorted(set(ROOT.glob('config/*.yaml')) - {ROOT / 'config' / 'zones.yaml'})


@pytest.mark.parametrize('path', PARAMETER_FILES, ids=lambda path: path.name)
def test_parameter_files_name_nodes_and_parameters_that_exist(path: Path) -> None:
    for key, content in yaml.safe_load(path.read_text(encoding='utf-8')).items():
        node = key.rpartition('/')[2]
        assert key == f'/**/{node}', 'serves in any namespace'
        rows = {row.name: row for row in setting_rows(NODES[node])}
        for name, value in content['ros__parameters'].items():
            rows[name].checked(value)
