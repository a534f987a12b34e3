# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Packages that only ROS 2 recordings need. They have no rosdep key, so they may be missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from mask_proximity.core.errors import SourceError


def require(module: str) -> ModuleType:
    """Import a module of rosbags or mcap.

    Raises:
        SourceError: The package is not installed; the text says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SourceError(
            f'ROS 2 recordings need the packages rosbags and mcap, but {error.name} is missing: '
            "run 'pip install rosbags mcap'"
        ) from None
