# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the package is installed, and the environment variables that its processes need."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, MutableMapping
from pathlib import Path

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.settings import nodes

NODES = tuple(nodes.NODES)
"""Names of the nodes that have settings; each is also the name of its executable."""


def prefix() -> Path:
    """The prefix where the package is installed, which holds share/ and lib/ of a ROS package.

    Raises:
        MaskProximityError: The package runs from its source tree.
    """
    for parent in Path(__file__).resolve().parents:
        if (parent / 'lib' / 'mask_proximity' / NODES[0]).is_file():
            return parent
    raise MaskProximityError(
        'mask_proximity is not installed here, so its nodes and messages are missing; build it '
        "with 'make build', 'pip install .' or 'colcon build'"
    )


def prepare(environment: MutableMapping[str, str]) -> None:
    """Add the variables that our processes need. Variables that the user has set are kept.

    Args:
        environment: os.environ, or a copy of it for a child process.

    Raises:
        MaskProximityError: The package runs from its source tree.
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
    """The environment variable that names the profile for the installed release of Fast DDS.

    Fast DDS 2 (Humble, Jazzy) reads only the old name. Fast DDS 3 (Kilted) has a new one, and
    warns about the old.

    Args:
        prefixes: Prefixes of the ROS packages, as in AMENT_PREFIX_PATH.
    """
    is_fast_dds_3 = any(next(Path(root, 'lib').glob('libfastdds.so*'), None) for root in prefixes)
    return 'FASTDDS_DEFAULT_PROFILES_FILE' if is_fast_dds_3 else 'FASTRTPS_DEFAULT_PROFILES_FILE'


def node_command(node: str, *arguments: str) -> list[str]:
    """The command line that starts one of NODES with the Python that runs this.

    Args:
        node: Name of the node.
        arguments: ROS arguments, which follow --ros-args.
    """
    program = str(prefix() / 'lib' / 'mask_proximity' / node)
    return [sys.executable, program, '--ros-args', *arguments]
