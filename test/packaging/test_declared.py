# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""`colcon test` needs what package.xml declares, and a pytest that apt has, and no more."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.declared import declared, undeclared, undeclared_by_test
from support.third_party import TEST_TOOLS, THIRD_PARTY, WITHOUT_KEY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
# Without a rosdep key, and used by tests only.
ONLY_MAKE_TEST = {'mcap', 'onnx', 'rosbags', 'zstandard', *WITHOUT_KEY}

# Runs when a Python starts: whatever the selection says, none of these can be imported.
BLOCKER = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {names!r}:
            raise ModuleNotFoundError(f'package.xml does not declare {{name}}', name=name)

sys.meta_path.insert(0, Absent())
"""


def selection() -> tuple[list[Path], str]:
    """The folders and the marker expression that CMakeLists.txt passes to pytest."""
    text = (ROOT / 'CMakeLists.txt').read_text(encoding='utf-8')
    (folders,) = re.findall(r'foreach\(folder (.+)\)', text)
    (markers,) = re.findall(r'--declared-only -m "(.+)"', text)
    return [ROOT / 'test' / name for name in folders.split()], markers


def selected_files() -> list[Path]:
    return sorted(path for folder in selection()[0] for path in folder.rglob('test_*.py'))


@pytest.fixture
def options() -> dict:
    text = (ROOT / 'pyproject.toml').read_text(encoding='utf-8')
    return tomllib.loads(text)['tool']['pytest']['ini_options']


@pytest.mark.parametrize(
    ('code', 'packages'),
    [
        ('import os, numpy.linalg, mask_proximity.core\nfrom PIL import Image', set()),
        ('import keras.layers', {'keras'}),
        ('from a import b', {'a'}),
        ('if True:\n  import a', {'a'}),
        ('def helper():\n  import a', {'a'}),
        ('class Helper:\n  def helper(self):\n    import a', {'a'}),
        ('def test_it():\n  import a', set()),
        ('from support import bags', {'rosbags'}),
        ('from support.bags import START', {'rosbags'}),
        # Its import of Keras is in a function.
        ('from support.small_model import write_model', set()),
        ('from support import room', set()),
    ],
)
def test_what_a_file_needs(code: str, packages: set[str], tmp_path: Path) -> None:
    path = tmp_path / 'test_it.py'
    path.write_text(code)
    assert undeclared(path) == packages


def test_what_a_test_function_needs(tmp_path: Path) -> None:
    path = tmp_path / 'test_it.py'
    path.write_text('import c\ndef test_a():\n  import a\ndef test_b():\n  import yaml')
    assert undeclared_by_test(path) == {'test_a': {'a'}}


def test_each_package_that_a_test_is_left_out_for_has_no_rosdep_key() -> None:
    """A package that has one belongs into package.xml, so that the test runs on a robot."""
    needed: set[str] = set()
    for path in selected_files():
        needed |= undeclared(path).union(*undeclared_by_test(path).values())
    assert needed <= ONLY_MAKE_TEST


def test_every_test_dependency_is_used() -> None:
    text = '\n'.join(path.read_text(encoding='utf-8') for path in selected_files())
    imported = set(re.findall(r'^\s*(?:import|from) (\w+)', text, re.MULTILINE))
    keys = {**TEST_TOOLS, **{name: key for name, (key, _) in THIRD_PARTY.items()}}
    package = (ROOT / 'package.xml').read_text(encoding='utf-8')
    wanted = set(re.findall('<test_depend>(.+)</test_depend>', package))
    assert wanted <= declared()
    # A plugin, which the tests use by its options and its mark.
    assert wanted - {keys.get(name, name) for name in imported} <= {'python3-pytest-timeout'}


def test_the_selection_can_be_collected_with_what_is_declared(tmp_path: Path) -> None:
    names = ONLY_MAKE_TEST | {'h5py', 'imagehash', 'lz4', 'pyperf', 'tomli'}
    (tmp_path / 'sitecustomize.py').write_text(BLOCKER.format(names=names))
    folders, markers = selection()
    command = [sys.executable, '-m', 'pytest', '--declared-only', '-m', markers, '--collect-only']
    done = subprocess.run(
        [*command, '-qq', '-p', 'no:cacheprovider', *map(str, folders)],
        cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(tmp_path), 'PYTEST_ADDOPTS': ''},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counts = dict(re.findall(r'test/(\S+): (\d+)$', done.stdout, re.MULTILINE))
    assert {name.partition('/')[0] for name in counts} == {folder.name for folder in folders}
    assert sum(map(int, counts.values())) > 1500


# --- The oldest pytest: 6.2.5, of Ubuntu 22.04 ----------------------------------------------------


def test_the_options_are_known_to_an_old_pytest(options: dict) -> None:
    """With --strict-config, an option that pytest does not know is an error."""
    plugins = '\n'.join(path.read_text() for path in (ROOT / 'test' / 'support').glob('*.py'))
    own = {name for name in options if f"'{name}'" in plugins and 'addini' in plugins}
    known = {'addopts', 'filterwarnings', 'markers', 'minversion', 'testpaths', 'timeout'}
    assert set(options) <= known | own
    assert options['minversion'] == '6.2'


def test_no_test_module_defines_a_dataclass() -> None:
    """pytest 6.2 imports test modules without naming them in sys.modules, where these look.

    A helper below test/support/ may define one.
    """
    found = [
        f'{path.relative_to(ROOT)}: {node.name}'
        for path in selected_files()
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8')))
        if isinstance(node, ast.ClassDef)
        and any('dataclass' in ast.unparse(decorator) for decorator in node.decorator_list)
    ]
    assert found == []
