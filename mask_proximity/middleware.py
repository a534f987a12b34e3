# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a process has room for images: what its environment tells Fast DDS."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from mask_proximity import environment
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.monitoring.health import Middleware

ENOUGH = 8 << 20
"""Bytes of shared memory that hold several images; the default of Fast DDS is 512 KiB."""


@dataclass(frozen=True, slots=True)
class FastDdsProfile:
    """What Fast DDS will find, by an environment.

    Attributes:
        variable: that this release reads.
        path: of the profile; None if the variable is not set.
        segment: size of the shared memory of its participants, bytes; 0 if it has none.
        fault: why there is not enough room, one clause; '' if there is.
    """

    variable: str
    path: Path | None
    segment: int
    fault: str


def fast_dds_profile(variables: Mapping[str, str]) -> FastDdsProfile:
    """Look at the profile that a process with this environment would get.

    Args:
        variables: os.environ, or that of another process.
    """
    reads = environment.profile_variable(_prefixes(variables))
    old, new = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'
    # Fast DDS 3 still takes the old name, with a warning.
    named = variables.get(reads) or (variables.get(old) if reads == new else None)
    if variables.get('FASTDDS_BUILTIN_TRANSPORTS', '').startswith('LARGE_DATA') and not named:
        return FastDdsProfile(reads, None, 0, '')
    if not named:
        fault = f'{reads} is not set'
        if variables.get(new):
            fault += f' ({new} is, but this Fast DDS does not read it)'
        return FastDdsProfile(reads, None, 0, fault)
    path = Path(named)
    try:
        segment = shared_memory(path)
    except OSError as error:
        return FastDdsProfile(reads, path, 0, f'{path} cannot be read ({error.strerror})')
    except (ElementTree.ParseError, ValueError) as error:
        return FastDdsProfile(reads, path, 0, f'{path} is no XML profile ({error})')
    fault = ''
    if segment < ENOUGH:
        fault = (
            f'{path} gives {segment / 2**20:.1f} MB of shared memory; images need '
            f'{ENOUGH / 2**20:.0f} MB or more'
        )
    return FastDdsProfile(reads, path, segment, fault)


def shared_memory(profile: Path) -> int:
    """The size of the shared memory that a profile's participants use, bytes; 0 if none.

    Raises:
        OSError: it cannot be read.
        ElementTree.ParseError: it is no XML.
        ValueError: a size in it is no number.
    """
    root = ElementTree.parse(profile).getroot()
    for element in root.iter():
        # Files of all ages: with a namespace and without.
        element.tag = element.tag.rpartition('}')[2]
    used = {item.text for item in root.findall('.//userTransports/transport_id')}
    return max(
        (
            int(descriptor.findtext('segment_size') or 512 << 10)
            for descriptor in root.iter('transport_descriptor')
            if descriptor.findtext('type') == 'SHM' and descriptor.findtext('transport_id') in used
        ),
        default=0,
    )


def fix(variables: Mapping[str, str]) -> str:
    """The shell command that gives a process room for images."""
    try:
        profile = str(environment.prefix() / 'share/mask_proximity/config/fastdds.xml')
    except MaskProximityError:
        profile = 'config/fastdds.xml'
    return f'export {environment.profile_variable(_prefixes(variables))}={profile}'


def middleware(name: str, variables: Mapping[str, str]) -> Middleware:
    """What a process sends and receives by.

    Args:
        name: of the RMW implementation, e.g. rmw_fastrtps_cpp.
        variables: of its environment.
    """
    if 'fastrtps' not in name:
        return Middleware(name)
    return Middleware(name, not fast_dds_profile(variables).fault, fix(variables))


def _prefixes(variables: Mapping[str, str]) -> list[str]:
    prefixes = [path for path in variables.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if path]
    with contextlib.suppress(MaskProximityError):
        prefixes.append(str(environment.prefix()))
    return prefixes
