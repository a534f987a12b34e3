# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Zones around the camera with their own limits, read from a YAML file."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.yaml_file import read_yaml

_EXPECTED = (
    'expected a list named zones, each with name, bearing: [from, to] in radians, range: [from, '
    'to] in metres, alert_distance and caution_distance in metres'
)
_KEYS = ('name', 'bearing', 'range', 'alert_distance', 'caution_distance')


@dataclass(frozen=True, slots=True)
class Zone:
    """A sector around the camera.

    Attributes:
        name: Name that is shown to the user.
        bearing: Lower and upper bound in radians from the optical axis, positive to the left.
        range: Lower and upper bound in metres.
        alert_distance: Replaces the setting of this name within the zone; 0 = nobody counts here.
        caution_distance: Replaces the setting of this name within the zone.
    """

    name: str
    bearing: tuple[float, float]
    range: tuple[float, float]
    alert_distance: float
    caution_distance: float


_read: dict[str, tuple[Zone, ...]] = {'': ()}


def load_zones(path: str) -> tuple[Zone, ...]:
    """The zones in a file, as of its first reading or its last reading by `read_zones`.

    Args:
        path: Path of the file; empty = no zones.

    Raises:
        SettingsError: The file cannot be read or is not valid.
    """
    if path not in _read:
        read_zones(path)
    return _read[path]


def read_zones(path: str) -> None:
    """Read a file again; from now on `load_zones` returns its new content.

    Args:
        path: Path of the file; empty = no zones.

    Raises:
        SettingsError: The file cannot be read or is not valid; the old content stays in use.
    """
    if path:
        _read[path] = _parse(path)


def _parse(path: str) -> tuple[Zone, ...]:
    content = read_yaml(
        Path(os.path.expanduser(path)), lambda text: SettingsError(f'zones: {text}'), _EXPECTED
    )
    entries = content.get('zones') if isinstance(content, Mapping) else None
    if not isinstance(entries, list):
        raise SettingsError(f'zones: {path} has no zones; {_EXPECTED}')
    zones = tuple(_zone(entry, f'{path}, zone {n}') for n, entry in enumerate(entries, 1))
    names = [zone.name for zone in zones]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f'zones: {path} has two zones named {name!r}; expected one')
    return zones


def _zone(entry: object, place: str) -> Zone:
    if not isinstance(entry, Mapping) or not all(isinstance(key, str) for key in entry):
        raise SettingsError(f'zones: {place} is {entry!r}; {_EXPECTED}')
    missing = [key for key in _KEYS if key not in entry]
    unknown = sorted(set(entry) - set(_KEYS))
    if missing or unknown:
        what = f'lacks {missing[0]}' if missing else f'has {unknown[0]!r}, which is unknown'
        raise SettingsError(f'zones: {place} {what}; {_EXPECTED}')
    name = entry['name']
    if not isinstance(name, str) or not name.strip():
        raise SettingsError(f'zones: {place} has the name {name!r}; expected a text')
    zone = Zone(
        name,
        _pair(entry['bearing'], -math.pi, math.pi, f'{place}: bearing'),
        _pair(entry['range'], 0.0, math.inf, f'{place}: range'),
        _number(entry['alert_distance'], f'{place}: alert_distance'),
        _number(entry['caution_distance'], f'{place}: caution_distance'),
    )
    if zone.caution_distance < zone.alert_distance:
        raise SettingsError(
            f'zones: {place}: caution_distance ({zone.caution_distance:g} m) must be at least '
            f'alert_distance ({zone.alert_distance:g} m)'
        )
    return zone


def _pair(value: Any, least: float, most: float, place: str) -> tuple[float, float]:
    if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
        low, high = float(value[0]), float(value[1])
        if least <= low < high <= most:
            return low, high
    within = f' within {least:.4g} and {most:.4g}' if math.isfinite(most) else f' from {least:g} on'
    raise SettingsError(f'zones: {place} is {value!r}; expected [from, to], rising,{within}')


def _number(value: Any, place: str) -> float:
    if _is_number(value) and math.isfinite(value) and value >= 0.0:
        return float(value)
    raise SettingsError(f'zones: {place} is {value!r}; expected metres, 0 or more')


def _is_number(value: Any) -> bool:
    # .inf is allowed, for a range without an upper bound; NaN is not.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
