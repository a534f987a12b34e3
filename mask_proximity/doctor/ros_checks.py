# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Checks of ROS and its middleware, as the caller's environment configures them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from mask_proximity import environment
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.middleware import fast_dds_profile, fix

# Releases by the major version of their rclpy: ROS_DISTRO is only set once ROS is sourced.
_DISTROS = {3: 'humble', 7: 'jazzy', 9: 'kilted'}
_DEFAULT_RMW = 'rmw_fastrtps_cpp'
_LAST_DOMAIN = 232


def has_ros() -> bool:
    """Whether this Python can import ROS 2."""
    return importlib.util.find_spec('rclpy') is not None


def ros() -> Iterator[Finding]:
    """Check the ROS 2 that this Python imports, and whether it finds our package."""
    spec = importlib.util.find_spec('rclpy')
    if spec is None or spec.origin is None:
        yield Finding(
            Outcome.WARN,
            'ROS 2',
            'no ROS 2 here, so only the core can run',
            'source the setup file of your ROS 2, or install one with pip in the source folder',
            "pip install '.[jazzy]'",
        )
        return
    prefix = _prefix_of(Path(spec.origin))
    named = os.environ.get('ROS_DISTRO')
    found = named or _distro(prefix)
    yield Finding(
        Outcome.OK, 'ROS 2', f'{found} in {prefix}{"" if named else " (ROS_DISTRO is not set)"}'
    )
    if importlib.util.find_spec('mask_proximity.msg') is None:
        yield Finding(
            Outcome.FAIL,
            'messages',
            'the messages of mask_proximity are not built',
            'build the package, and run this in a folder other than its source',
            'colcon build --packages-select mask_proximity',
        )
    try:
        own = str(environment.prefix())
    except MaskProximityError:
        return
    if own not in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        yield Finding(
            Outcome.WARN,
            'ament index',
            f'AMENT_PREFIX_PATH lacks {own}, so ros2 run and ros2 launch do not find the package',
            'source install/setup.sh of the workspace, or add the prefix',
            f'export AMENT_PREFIX_PATH={own}${{AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}}',
        )


def middleware(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Check the middleware, its room for images, and its range of discovery.

    Args:
        variables: The caller's environment variables.
    """
    name = variables.get('RMW_IMPLEMENTATION') or _DEFAULT_RMW
    origin = 'RMW_IMPLEMENTATION' if variables.get('RMW_IMPLEMENTATION') else 'the default'
    libraries = [Path(prefix, 'lib', f'lib{name}.so') for prefix in _prefixes(variables)]
    if any(library.is_file() for library in libraries):
        yield Finding(Outcome.OK, 'middleware', f'{name} ({origin})')
    else:
        yield Finding(
            Outcome.FAIL,
            'middleware',
            f'{name} ({origin}) is not installed',
            'install it, or unset RMW_IMPLEMENTATION',
            f'sudo apt install ros-$ROS_DISTRO-{name.replace("_", "-")}',
        )
    if 'fastrtps' in name:
        yield from _fast_dds(variables)
    yield from _discovery(variables)


def _fast_dds(variables: Mapping[str, str]) -> Iterator[Finding]:
    profile = fast_dds_profile(variables)
    if profile.fault:
        yield Finding(
            Outcome.FAIL,
            'room for images',
            f'{profile.fault}: images of 640x480 and larger hardly ever arrive',
            'set it for every process that sends or receives images, including the camera driver',
            fix(variables),
        )
        return
    if profile.path is None:
        yield Finding(Outcome.OK, 'room for images', 'FASTDDS_BUILTIN_TRANSPORTS is LARGE_DATA')
        return
    room = f'{profile.segment >> 20} MB of shared memory for each process'
    yield Finding(Outcome.OK, 'room for images', f'{room}, from {profile.path}')
    try:
        free = shutil.disk_usage('/dev/shm').free
    except OSError as error:
        yield Finding(Outcome.WARN, '/dev/shm', f'cannot be examined ({error.strerror})')
        return
    # Four processes: camera, detector, overlay and a viewer.
    if free < 4 * profile.segment:
        yield Finding(
            Outcome.WARN,
            '/dev/shm',
            f'{free >> 20} MB free, which is little for several processes',
            'in a container: --shm-size=1g, or --ipc=host',
        )
    else:
        yield Finding(Outcome.OK, '/dev/shm', f'{free >> 20} MB free')


def _discovery(variables: Mapping[str, str]) -> Iterator[Finding]:
    domain = variables.get('ROS_DOMAIN_ID') or '0'
    if not domain.isdecimal() or int(domain) > _LAST_DOMAIN:
        yield Finding(
            Outcome.FAIL,
            'domain',
            f'ROS_DOMAIN_ID is {domain!r}',
            f'set ROS_DOMAIN_ID to a number from 0 to {_LAST_DOMAIN}',
        )
    else:
        yield Finding(Outcome.OK, 'domain', f'ROS_DOMAIN_ID {domain}')
    reach = variables.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '').upper()
    only = variables.get('ROS_LOCALHOST_ONLY', '')
    if reach == 'OFF':
        yield Finding(
            Outcome.WARN,
            'discovery',
            'ROS_AUTOMATIC_DISCOVERY_RANGE is OFF: nodes find each other only through static peers',
            'unset ROS_AUTOMATIC_DISCOVERY_RANGE',
        )
    elif reach == 'LOCALHOST' or only == '1':
        which = 'ROS_LOCALHOST_ONLY=1' if only == '1' else f'ROS_AUTOMATIC_DISCOVERY_RANGE={reach}'
        yield Finding(Outcome.OK, 'discovery', f'this machine only, by {which}')
    else:
        yield Finding(Outcome.OK, 'discovery', reach or 'the default')


def _prefixes(variables: Mapping[str, str]) -> list[Path]:
    prefixes = [Path(p) for p in variables.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    spec = importlib.util.find_spec('rclpy')
    if spec is not None and spec.origin is not None:
        prefixes.append(_prefix_of(Path(spec.origin)))
    return prefixes


def _prefix_of(module: Path) -> Path:
    """The prefix in which rclpy is installed, found from a file of its Python package."""
    for parent in module.parents:
        if (parent / 'share' / 'rclpy').is_dir():
            return parent
    return module.parent


def _distro(prefix: Path) -> str:
    try:
        manifest = (prefix / 'share' / 'rclpy' / 'package.xml').read_text(encoding='utf-8')
    except OSError:
        return 'of an unknown release'
    version = re.search(r'<version>\s*((\d+)\.[\d.]+)', manifest)
    if version is None:
        return 'of an unknown release'
    return _DISTROS.get(int(version[2]), f'with rclpy {version[1]}')
