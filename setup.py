# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The pip door to mask_proximity, for machines without a ROS 2 of their own.

There is one build, CMakeLists.txt. On a robot colcon drives it; here pip does: CMake installs into
a staging folder, and all of that goes into the wheel, laid out below the environment's prefix as
the ROS 2 wheels of PyPI are (`lib/`, `share/`, `include/`, site-packages).

The CMake build trees stay in `build/`, so that another `pip install .` compiles only what changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Command, Distribution, setup
from setuptools.command.build import build
from setuptools.command.editable_wheel import editable_wheel

ROOT = Path(__file__).resolve().parent
UNDERLAY = ROOT / 'underlay' / 'vision_msgs'
UNDERLAY_MARKER = 'share/vision_msgs/UNDERLAY_OF_MASK_PROXIMITY'


def find_ros_prefix() -> Path:
    """Return the prefix of the ROS 2 that this Python imports.

    Raises:
        SystemExit: this Python has no ROS 2, with a sentence that says what to do.
    """
    spec = importlib.util.find_spec('ament_package')
    if spec is None or spec.origin is None:
        raise SystemExit(
            'error: no ROS 2 in this environment: install requirements/jazzy.txt or '
            'requirements/kilted.txt first, or leave out --no-build-isolation.'
        )
    # <prefix>/lib/pythonX.Y/site-packages/ament_package/__init__.py
    return Path(spec.origin).resolve().parents[4]


def has_own_vision_msgs(prefixes: list[Path]) -> bool:
    """Tell whether one of the prefixes has a vision_msgs that is not the one of our underlay."""
    return any(
        (prefix / 'share/vision_msgs/cmake/vision_msgsConfig.cmake').is_file()
        and not (prefix / UNDERLAY_MARKER).is_file()
        for prefix in prefixes
    )


def run(*command: str | os.PathLike[str], env: dict[str, str]) -> None:
    """Run a build step.

    Raises:
        SystemExit: the step failed; its own output stands above the sentence.
    """
    print('+', *command, flush=True)
    try:
        status = subprocess.run(command, env=env, check=False).returncode
    except FileNotFoundError:
        raise SystemExit(f'error: {command[0]} is needed to build and was not found.') from None
    if status:
        raise SystemExit(f'error: {command[0]} failed (exit code {status}), see its output above.')


class BinaryDistribution(Distribution):
    """Says that the wheel fits one Python and one machine: the messages are compiled for both."""

    def has_ext_modules(self) -> bool:
        """Return True, although no extension module is built by setuptools itself."""
        return True


class NoEditable(editable_wheel):
    """Refuses `pip install -e`, which cannot join generated messages and source folders."""

    def run(self) -> None:
        """Stop with a sentence that names what to do."""
        raise SystemExit(
            'error: an editable install cannot hold the generated messages: use `pip install .` '
            'or `make build`, which takes seconds when only Python files changed.'
        )


class BuildCMake(Command):
    """Builds the CMake project, stages its installation and hands the staged files to the wheel."""

    description = 'build messages and package by CMake'
    user_options: list[tuple[str, str, str]] = []

    def initialize_options(self) -> None:
        """Declare the folders, which the build command decides on."""
        self.build_base: str | None = None
        self.build_lib: str | None = None

    def finalize_options(self) -> None:
        """Take the folders over from the build command."""
        self.set_undefined_options(
            'build', ('build_base', 'build_base'), ('build_lib', 'build_lib')
        )

    def run(self) -> None:
        """Build and stage."""
        ros = find_ros_prefix()
        assert self.build_base is not None
        # Isolated builds by pip get their ROS 2 in a temporary folder, which a build tree must not
        # outlive, for it holds that folder's paths.
        if ros.is_relative_to(Path(tempfile.gettempdir()).resolve()):
            with tempfile.TemporaryDirectory(prefix='mask_proximity-') as tree:
                self._build(ros, Path(tree))
        else:
            name = hashlib.sha256(f'{ros} {sys.executable}'.encode()).hexdigest()[:8]
            tree = Path(self.build_base, f'cmake-{sys.implementation.cache_tag}-{name}')
            self._build(ros, tree.resolve())

    def _build(self, ros: Path, tree: Path) -> None:
        env = os.environ.copy()
        env['PATH'] = os.pathsep.join([str(Path(sys.executable).parent), env.get('PATH', '')])
        given = [Path(p) for p in env.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
        if ros not in given:
            # Not the ROS 2 that the shell has sourced: the two must not be mixed.
            for name in ('AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH', 'COLCON_PREFIX_PATH'):
                env.pop(name, None)
            given = []

        assert self.build_base is not None
        stage = Path(self.build_base, 'stage').resolve()
        shutil.rmtree(stage, ignore_errors=True)
        prefixes = []
        if not has_own_vision_msgs([ros, *given]):
            prefixes.append(stage)
            self._install(UNDERLAY, tree / 'vision_msgs', stage, prefixes, env)
        self._install(ROOT, tree / 'mask_proximity', stage, prefixes, env)
        self._collect(stage)

    def _install(
        self, source: Path, tree: Path, stage: Path, prefixes: list[Path], env: dict[str, str]
    ) -> None:
        configure = [
            'cmake',
            f'-S{source}',
            f'-B{tree}',
            '-GNinja',
            '-DBUILD_TESTING=OFF',
            '-DCMAKE_BUILD_TYPE=Release',
            '-DCMAKE_INSTALL_MESSAGE=NEVER',
            f'-DCMAKE_INSTALL_PREFIX={stage}',
            f'-DCMAKE_PREFIX_PATH={";".join(map(str, prefixes))}',
            f'-DPython3_EXECUTABLE={sys.executable}',
        ]
        # Written last, so that a tree with this file is whole and was made by these arguments.
        configured = tree / 'configured_by_setup.txt'
        wanted = '\n'.join(configure)
        if not configured.is_file() or configured.read_text() != wanted:
            shutil.rmtree(tree, ignore_errors=True)
            run(*configure, env=env)
            configured.write_text(wanted)
        run('cmake', '--build', tree, '--target', 'install', env=env)

    def _collect(self, stage: Path) -> None:
        """Put the modules where setuptools looks for them and everything else into the data."""
        assert self.build_lib is not None
        shutil.rmtree(self.build_lib, ignore_errors=True)
        vars_ = {'base': str(stage), 'platbase': str(stage)}
        modules = Path(sysconfig.get_path('purelib', 'posix_prefix', vars_))
        # pip writes the metadata of this installation itself; a second set makes it uninstall the
        # wrong one.
        unwanted = shutil.ignore_patterns('*.egg-info', '__pycache__')
        shutil.copytree(modules, self.build_lib, ignore=unwanted)

        data: dict[str, list[str]] = {}
        for path in sorted(stage.rglob('*')):
            if path.is_file() and not path.is_relative_to(modules):
                folder = str(path.parent.relative_to(stage))
                data.setdefault(folder, []).append(os.path.relpath(path, ROOT))
        assert self.distribution.data_files is not None
        self.distribution.data_files[:] = list(data.items())


class BuildWithCMake(build):
    """The build command, with CMake before everything else."""

    sub_commands = [('build_cmake', None), *build.sub_commands]


setup(
    distclass=BinaryDistribution,
    cmdclass={
        'build': BuildWithCMake,
        'build_cmake': BuildCMake,
        'editable_wheel': NoEditable,
    },
    data_files=[],
)
