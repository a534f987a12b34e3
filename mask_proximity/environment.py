# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the package is installed, and what its processes need in their environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, MutableMapping
from pathlib import Path

from mask_proximity.core.errors import MaskProximityError

NODES = ('camera_node', 'detector_node', 'overlay_node', 'speed_governor_node')


def prefix() -> Path:
    """The prefix that the package is installed in: it holds share/ and lib/ of a ROS package.

    Raises:
        MaskProximityError: the package runs from its source tree.
    """
    for parent in Path(__file__).resolve().parents:
        if (parent / 'lib' / 'mask_proximity' / NODES[0]).is_file():
            return parent
    raise MaskProximityError(
        'mask_proximity is not installed here, so its nodes and messages are missing; build it '
        "with 'make build', 'pip install .' or 'colcon build'"
    )


def prepare(environment: MutableMapping[str, str]) -> None:
    """Add what a process of ours needs; what the user has set stays.

    Args:
        environment: os.environ, or a copy for a child.

    Raises:
        MaskProximityError: the package runs from its source tree.
    """
    root = str(prefix())
    known = environment.get('AMENT_PREFIX_PATH', '')
    if root not in known.split(os.pathsep):
        environment['AMENT_PREFIX_PATH'] = os.pathsep.join(filter(None, [root, known]))
    profile = Path(root, 'share', 'mask_proximity', 'config', 'fastdds.xml')
    environment.setdefault(
        profile_variable(environment['AMENT_PREFIX_PATH'].split(os.pathsep)), str(profile)
    )


def profile_variable(prefixes: Iterable[str]) -> str:
    """The environment variable by which the Fast DDS of this ROS finds its profile.

    Fast DDS 3 (Kilted) has its own name for it and warns of the old one, which is the only one
    that Fast DDS 2 (Humble, Jazzy) reads.

    Args:
        prefixes: of the ROS packages, AMENT_PREFIX_PATH.
    """
    third = any(next(Path(root, 'lib').glob('libfastdds.so*'), None) for root in prefixes)
    return 'FASTDDS_DEFAULT_PROFILES_FILE' if third else 'FASTRTPS_DEFAULT_PROFILES_FILE'


def node_command(node: str, *arguments: str) -> list[str]:
    """The command line that starts one of NODES with this very Python.

    Args:
        node: its name.
        arguments: what follows --ros-args.
    """
    program = str(prefix() / 'lib' / 'mask_proximity' / node)
    return [sys.executable, program, '--ros-args', *arguments]
