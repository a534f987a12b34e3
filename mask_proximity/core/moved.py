# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""For modules that have moved: the old path works for one more release, with a warning."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any


def attributes_of(old: str, *new: str) -> Callable[[str], Any]:
    """Make the `__getattr__` of a module that has moved.

    Args:
        old: Name of the module that has moved.
        new: Names of the modules where its attributes are now.

    Returns:
        A function that finds an attribute in one of `new`. It warns by FutureWarning, which Python
        shows by default: DeprecationWarning would be seen in scripts only, and a node is started
        as a module.
    """

    def find(name: str) -> Any:
        if not name.startswith('__'):
            for module in map(importlib.import_module, new):
                if hasattr(module, name):
                    warnings.warn(
                        f'{old} is deprecated and goes with mask_proximity 0.7: import '
                        f'{name} from mask_proximity.client if it is there, else from '
                        f'{module.__name__}, which is not stable',
                        FutureWarning,
                        stacklevel=2,
                    )
                    return getattr(module, name)
        raise AttributeError(f'module {old!r} has no attribute {name!r}')

    return find
