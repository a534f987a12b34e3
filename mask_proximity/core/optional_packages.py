# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Packages that recordings of ROS 2 need and nothing else does; they have no rosdep key."""

from __future__ import annotations

import importlib
from types import ModuleType

from mask_proximity.core.errors import SourceError


def require(module: str) -> ModuleType:
    """A module of rosbags or mcap.

    Raises:
        SourceError: the package is not installed; the text says how it comes.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SourceError(
            f'recordings of ROS 2 need the packages rosbags and mcap, and {error.name} is missing: '
            "'pip install rosbags mcap'"
        ) from None
