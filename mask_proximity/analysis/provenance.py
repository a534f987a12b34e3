# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings that a result depends on: those that differ from their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mask_proximity.core.settings_table import Settings, setting_rows


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that differs from its default, with values written as in a parameter file."""

    node: str
    name: str
    value: str
    default: str


def changes(settings: Mapping[str, Settings]) -> list[Change]:
    """The settings that differ from their defaults, in the order of the table."""
    return [
        Change(node, row.name, _text(row.name, value), _text(row.name, row.default))
        for node, own in settings.items()
        for row in setting_rows(type(own))
        if (value := getattr(own, row.name)) != row.default
    ]


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if name in ('face_model_path', 'mask_model', 'zones'):
        # Results must not reveal the folders of the machine that they were made on.
        return Path(str(value)).name or "''"
    return str(value) or "''"
