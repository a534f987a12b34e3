# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The papers of the package say what the code does, and what is installed is what is here."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from catkin_pkg.package import Package, parse_package

import mask_proximity
from mask_proximity import environment
from support.third_party import OPTIONAL, THIRD_PARTY, WITHOUT_KEY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLES = (*environment.NODES, 'mask-proximity')


@pytest.fixture(scope='module')
def package() -> Package:
    return parse_package(str(ROOT))


@pytest.fixture(scope='module')
def pyproject() -> dict:
    return tomllib.loads((ROOT / 'pyproject.toml').read_text(encoding='utf-8'))


def requirements(name: str) -> list[str]:
    lines = (ROOT / 'requirements' / name).read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def project_name(requirement: str) -> str:
    return re.split(r'[\s\[<>=!~;]', requirement, maxsplit=1)[0].lower()


def imports_of(folder: str) -> dict[str, Path]:
    """Top-level names that the Python files of a folder import, with one file that does."""
    names: dict[str, Path] = {}
    for path in (ROOT / folder).rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or '']
            else:
                continue
            for module in modules:
                names.setdefault(module.split('.')[0], path)
    return {
        name: path
        for name, path in names.items()
        if name not in sys.stdlib_module_names and name not in ('mask_proximity', '__future__')
    }


# --- package.xml ----------------------------------------------------------------------------------


def test_package_xml_is_valid(package: Package) -> None:
    warnings: list[str] = []
    package.validate(warnings)
    assert warnings == []


def test_package_xml_describes_an_interface_package(package: Package) -> None:
    assert package.name == 'mask_proximity'
    assert package.get_build_type() == 'ament_cmake'
    assert [group.name for group in package.member_of_groups] == ['rosidl_interface_packages']
    assert package.licenses == ['Apache-2.0']


def test_the_version_is_one_everywhere(package: Package) -> None:
    changelog = (ROOT / 'CHANGELOG.rst').read_text(encoding='utf-8')
    (newest, *_) = re.findall(r'^(\d+\.\d+\.\d+) \(', changelog, flags=re.MULTILINE)
    installed = importlib.metadata.version('mask_proximity')
    assert {package.version, newest, installed} == {mask_proximity.__version__}


@pytest.mark.parametrize('folder', ['mask_proximity', 'launch'])
def test_every_import_is_a_dependency(folder: str, package: Package) -> None:
    keys = {dependency.name for dependency in package.exec_depends}
    missing = {}
    for name, path in imports_of(folder).items():
        known = name in WITHOUT_KEY or name in OPTIONAL
        if not known and THIRD_PARTY.get(name, (name, ''))[0] not in keys:
            missing[name] = path
    assert missing == {}


def test_every_import_is_installed_by_pip() -> None:
    runtime = {project_name(line) for line in requirements('runtime.txt')}
    for name in imports_of('mask_proximity'):
        if name in THIRD_PARTY:
            assert THIRD_PARTY[name][1] in runtime
        elif name in WITHOUT_KEY:
            listed = {re.sub('-cpu$', '', project_name(x)) for x in requirements(WITHOUT_KEY[name])}
            assert name.replace('_', '-') in listed


def test_apt_has_what_pip_installs_but_litert() -> None:
    renamed = {'pygame-ce': 'pygame'}
    wanted = {renamed.get(pypi, pypi) for _, pypi in THIRD_PARTY.values()}
    lines = requirements('apt.txt')
    assert wanted <= {project_name(line) for line in lines}
    for line in lines:
        assert re.match(r'[a-z0-9-]+==[\d.]+(;|$)', line), line
        assert project_name(line) not in ('ai-edge-litert', 'keras', 'tensorflow-cpu')


def test_every_dependency_is_used(package: Package) -> None:
    """A key that nothing needs would have a robot install something for nothing."""
    used = {THIRD_PARTY.get(name, (name,))[0] for name in imports_of('mask_proximity')}
    used |= {THIRD_PARTY.get(name, (name,))[0] for name in imports_of('launch')}
    used |= set(re.findall(r'^(\w+)/', (ROOT / 'msg/ProximityAlert.msg').read_text(), re.MULTILINE))
    used |= set(re.findall(r'^(\w+)/', (ROOT / 'msg/FaceProximity.msg').read_text(), re.MULTILINE))
    used.add('rosidl_default_runtime')
    assert {dependency.name for dependency in package.exec_depends} - used == set()


# --- pip ------------------------------------------------------------------------------------------


def test_isolated_builds_use_the_pins_of_jazzy(pyproject: dict) -> None:
    wanted = {line for line in pyproject['build-system']['requires'] if line.startswith('ros-')}
    pins = set(requirements('jazzy.txt'))
    assert wanted <= pins
    assert pins - wanted == {line for line in pins if line.startswith('ros-jazzy-rclpy==')}


def test_isolated_builds_have_the_tools_of_prepared_ones(pyproject: dict) -> None:
    tools = {line for line in pyproject['build-system']['requires'] if not line.startswith('ros-')}
    assert tools == set(requirements('build.txt'))


@pytest.mark.parametrize('distro', ['jazzy', 'kilted'])
def test_ros_is_pinned_and_of_one_distribution(distro: str) -> None:
    for line in requirements(f'{distro}.txt'):
        assert re.fullmatch(rf'ros-{distro}-[a-z-]+==[\d.]+', line), line


# --- what is installed ----------------------------------------------------------------------------


@pytest.mark.parametrize('name', EXECUTABLES)
def test_executables_are_installed(name: str) -> None:
    path = environment.prefix() / 'lib' / 'mask_proximity' / name
    assert path.is_file()
    assert os.access(path, os.X_OK)
    text = path.read_text(encoding='utf-8')
    assert text.startswith('#!/usr/bin/env python3\n')
    (module,) = re.findall(r'^from (\S+) import main$', text, flags=re.MULTILINE)
    assert importlib.util.find_spec(module) is not None


def test_the_command_starts_without_any_set_up() -> None:
    program = Path(sys.executable).parent / 'mask-proximity'
    done = subprocess.run(
        [program, '--version'], env={}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, mask_proximity.__version__), done.stderr


@pytest.mark.parametrize('folder', ['config', 'launch', 'models'])
def test_shared_files_are_installed(folder: str) -> None:
    share = environment.prefix() / 'share' / 'mask_proximity'
    files = [path for path in (ROOT / folder).rglob('*') if path.is_file()]
    files = [path for path in files if '__pycache__' not in path.parts]
    assert files
    for path in files:
        assert (share / path.relative_to(ROOT)).read_bytes() == path.read_bytes(), path


def test_installed_modules_are_those_of_the_source() -> None:
    """The tests import what is installed: it must not be of yesterday."""
    installed = Path(mask_proximity.__file__).parent
    assert installed != ROOT / 'mask_proximity', 'the source tree hides the installed package'

    def modules(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob('*')
            if path.suffix in ('.py', '.html')
            and path.relative_to(folder).parts[0] not in ('msg', 'srv')
        }

    assert modules(installed) == modules(ROOT / 'mask_proximity')
    assert (installed / 'py.typed').is_file()


# --- headers --------------------------------------------------------------------------------------


def test_build_files_carry_their_header() -> None:
    paths = [ROOT / name for name in ('CMakeLists.txt', 'Makefile', 'pyproject.toml', 'setup.py')]
    paths += [ROOT / '.ci' / 'run', ROOT / 'underlay' / 'vision_msgs' / 'CMakeLists.txt']
    paths += [*(ROOT / 'cmake').iterdir(), *(ROOT / 'requirements').iterdir()]
    for path in paths:
        head = '\n'.join(path.read_text(encoding='utf-8').splitlines()[:3])
        assert 'Copyright 2026 mask_proximity contributors' in head, path
        assert 'SPDX-License-Identifier: Apache-2.0' in head, path
