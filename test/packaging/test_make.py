# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What `make` says where a machine lacks something, and what it hands to the programs it starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ('bash', 'cat', 'cmp', 'column', 'find', 'make', 'mkdir', 'mktemp', 'rm', 'sed', 'sort')


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree in which nothing has been set up, with a folder bin/ as the whole PATH."""
    for name in ('Makefile', 'requirements'):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    for name in ('cmake', 'config', 'launch', 'mask_proximity', 'models', 'msg', 'srv', 'underlay'):
        (tmp_path / name).mkdir()
    (tmp_path / 'bin').mkdir()
    for name in (*TOOLS, 'g++'):
        if path := shutil.which(name):
            (tmp_path / 'bin' / name).symlink_to(path)
    return tmp_path


def make(tree: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ['make', *arguments],
        cwd=tree,
        env={'PATH': str(tree / 'bin'), 'HOME': str(tree), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def add_python(tree: Path, patch: str = '', name: str = 'python3') -> None:
    """Put a Python into bin/ that thinks differently of itself, and that can run no module."""
    path = tree / 'bin' / name
    path.write_text(
        '#!/bin/bash\n'
        'if [ "$1" != -c ]; then echo "No module named ensurepip" >&2; exit 1; fi\n'
        f"exec '{sys.executable}' -c \"import sys, sysconfig; sys._base_executable = '{path}'\n"
        f'{patch}\n'
        '$2"\n'
    )
    path.chmod(0o755)


def test_help_lists_every_target(tree: Path) -> None:
    done = make(tree)
    assert done.returncode == 0, done.stderr
    targets = 'env build demo run test-env test test-tools test-apt train bench clean'
    for target in targets.split():
        assert f'make {target} ' in done.stdout
    assert not (tree / '.env').exists()


def test_unknown_distribution(tree: Path) -> None:
    done = make(tree, 'env', 'DISTRO=noetic')
    assert done.returncode != 0
    assert 'DISTRO=noetic is not known: choose one of jazzy kilted' in done.stderr


def test_no_python(tree: Path) -> None:
    done = make(tree, 'env')
    assert done.returncode != 0
    assert 'no python3 found: install Python 3.10 or newer' in done.stderr


def test_old_python(tree: Path) -> None:
    add_python(tree, 'sys.version_info = (3, 9, 2)')
    done = make(tree, 'env')
    assert done.returncode != 0
    assert 'Python 3.10 to 3.14 is needed, python3 is 3.9' in done.stderr
    assert 'Traceback' not in done.stderr


def test_another_machine(tree: Path) -> None:
    add_python(tree, "import platform; platform.machine = lambda: 'aarch64'")
    done = make(tree, 'env')
    assert done.returncode != 0
    assert 'CPython on Linux x86_64 only' in done.stderr


def test_no_compiler(tree: Path) -> None:
    add_python(tree)
    (tree / 'bin' / 'g++').unlink()
    done = make(tree, 'env')
    assert done.returncode != 0
    assert 'g++ is needed to build the messages: apt install g++' in done.stderr


def test_no_python_headers(tree: Path) -> None:
    add_python(tree, "sysconfig.get_path = lambda *_: '/nonexistent'")
    done = make(tree, 'env')
    assert done.returncode != 0
    assert 'apt install python3-dev' in done.stderr


def test_no_way_to_make_an_environment(tree: Path) -> None:
    add_python(tree)
    done = make(tree, 'env')
    assert done.returncode != 0
    assert 'apt install python3-venv, then run make again' in done.stderr
    assert not (tree / '.env' / 'jazzy').exists(), 'half an environment was left behind'


def test_another_python_than_the_environments(tree: Path) -> None:
    add_python(tree)
    ready = tree / '.env' / 'jazzy' / '.ready'
    ready.parent.mkdir(parents=True)
    ready.write_text(f'3.0 {tree}\n')
    done = make(tree, 'env', 'PYTHON=python3')
    assert done.returncode != 0
    assert '.env/jazzy was made with Python 3.0, not with PYTHON=python3' in done.stderr


def test_an_environment_of_a_moved_tree_is_not_used(tree: Path) -> None:
    ready = tree / '.env' / 'jazzy' / '.ready'
    ready.parent.mkdir(parents=True)
    ready.write_text('3.11 /somewhere/else\n')
    done = make(tree, '-n', 'env')
    assert 'making the environment' in done.stdout
    ready.write_text(f'3.11 {tree}\n')
    done = make(tree, '-n', 'env')
    assert 'making the environment' not in done.stdout


def test_the_versions_of_apt_get_an_environment_of_their_own(tree: Path) -> None:
    add_python(tree, 'sys.version_info = (3, 12, 3)', name='python3.12')
    add_python(tree, 'sys.version_info = (3, 13, 0)')
    done = make(tree, 'test-apt')
    assert done.returncode != 0
    assert 'making the environment .env/apt with Python 3.12' in done.stdout
    assert not (tree / '.env' / 'jazzy').exists()


@pytest.mark.parametrize('python', ['python3', 'python3.12'])
def test_the_versions_of_apt_need_a_python_of_that_time(tree: Path, python: str) -> None:
    add_python(tree, 'sys.version_info = (3, 13, 0)')
    asked = [] if python == 'python3' else [f'PYTHON={python}']
    done = make(tree, 'test-apt', *asked)
    assert done.returncode != 0
    assert 'exist for Python 3.10 to 3.12: install one, or name one with PYTHON=' in done.stderr
    assert not (tree / '.env').exists()


def test_nothing_that_apt_lacks_is_in_its_environment(tree: Path) -> None:
    add_python(tree, 'sys.version_info = (3, 12, 3)')
    program = tree / '.env' / 'apt' / 'bin' / 'python'
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/bash\n[ "${@: -1}" = tensorflow ]\n')
    program.chmod(0o755)
    (tree / 'show.mk').write_text('include Makefile\n$(READY) $(TEST_READY) $(BUILT): ;\n')
    old = ('-o', '.env/apt/.built', '-o', '.env/apt/.ready-test')
    done = make(tree, '-f', 'show.mk', *old, 'test-apt', 'PACKAGES=apt')
    assert done.returncode != 0
    assert 'tensorflow is in .env/apt, and apt does not have it' in done.stderr


def test_programs_see_our_environment_and_no_other(tree: Path) -> None:
    (tree / 'show.mk').write_text('include Makefile\nshow:\n\t@cat /proc/self/environ\n')
    foreign = {
        'AMENT_PREFIX_PATH': '/opt/ros/foreign',
        'CMAKE_PREFIX_PATH': '/opt/ros/foreign',
        'LD_LIBRARY_PATH': '/opt/ros/foreign/lib',
        'PYTHONPATH': '/opt/ros/foreign/lib/python3/site-packages',
        'RMW_IMPLEMENTATION': 'rmw_foreign',
        'ROS_DISTRO': 'foreign',
        '_ROS_WHEELS_BOOTSTRAP_COMPLETE': '1',
    }
    done = make(tree, '-f', 'show.mk', 'show', ROS_DOMAIN_ID='7', **foreign)
    assert done.returncode == 0, done.stderr
    seen = dict(item.split('=', 1) for item in done.stdout.split('\0') if '=' in item)
    environment = tree / '.env' / 'jazzy'
    assert seen['AMENT_PREFIX_PATH'] == str(environment)
    assert seen['PATH'].split(os.pathsep)[0] == str(environment / 'bin')
    assert seen['ROS_DOMAIN_ID'] == '7'
    assert not set(foreign) - {'AMENT_PREFIX_PATH'} & set(seen)


@pytest.mark.parametrize(
    'source', ['0', '/dev/video2', "rtsp://me:pa$$word'@camera/a?b=c&d=$(e)", 'a film.mp4']
)
def test_the_source_arrives_letter_by_letter(tree: Path, source: str) -> None:
    program = tree / '.env' / 'jazzy' / 'bin' / 'mask-proximity'
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    (tree / 'show.mk').write_text('include Makefile\n$(READY) $(BUILT): ;\n')
    done = make(tree, '-f', 'show.mk', '-o', '.env/jazzy/.built', 'run', f'SOURCE={source}')
    assert done.stdout.splitlines()[-3:] == ['run', '--source', source], done.stderr
