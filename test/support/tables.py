# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Small tables of settings, composed as those of the nodes are."""

from __future__ import annotations

from dataclasses import dataclass

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class Near(Settings):
    near: float = setting(1.0, 'Near.', within=(0.0, 10.0))
    far: float = setting(2.0, 'Far.', within=(0.0, 10.0))

    def _check_together(self) -> None:
        if self.near > self.far:
            raise SettingsError('near must be at most far')


@dataclass(frozen=True)
class Slow(Settings):
    slow: int = setting(1, 'Slow.', within=(0, 10))
    fast: int = setting(2, 'Fast.', within=(0, 10))

    def _check_together(self) -> None:
        if self.slow > self.fast:
            raise SettingsError('slow must be at most fast')


@dataclass(frozen=True)
class Both(Near, Slow):
    """A composition without rows of its own."""


@dataclass(frozen=True)
class Node(Both, Near):
    name: str = setting('', 'Name.')

    def _check_together(self) -> None:
        if self.name == 'bad':
            raise SettingsError('name must not be bad')
