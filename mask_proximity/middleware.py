# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether the middleware of a process can carry images, as its environment configures Fast DDS."""

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

MIN_SEGMENT = 8 << 20
"""Bytes of shared memory that hold several images. The default of Fast DDS is 512 KiB."""


@dataclass(frozen=True, slots=True)
class FastDdsProfile:
    """The profile that Fast DDS loads in a given environment.

    Attributes:
        variable: Environment variable that this release of Fast DDS reads.
        path: Path of the profile; None if the variable is not set.
        segment: Shared memory of each participant, bytes; 0 if it uses none.
        fault: Why images do not fit, as a clause; '' if they do.
    """

    variable: str
    path: Path | None
    segment: int
    fault: str


def fast_dds_profile(variables: Mapping[str, str]) -> FastDdsProfile:
    """Find the profile that a process with this environment would load, and check it.

    Args:
        variables: Environment of the process.
    """
    variable = environment.profile_variable(_prefixes(variables))
    old, new = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'
    # Fast DDS 3 still reads the old name, with a warning.
    named = variables.get(variable) or (variables.get(old) if variable == new else None)
    if variables.get('FASTDDS_BUILTIN_TRANSPORTS', '').startswith('LARGE_DATA') and not named:
        return FastDdsProfile(variable, None, 0, '')
    if not named:
        fault = f'{variable} is not set'
        if variables.get(new):
            fault += f' ({new} is, but this Fast DDS does not read it)'
        return FastDdsProfile(variable, None, 0, fault)
    path = Path(named)
    try:
        segment = shared_memory(path)
    except OSError as error:
        return FastDdsProfile(variable, path, 0, f'{path} cannot be read ({error.strerror})')
    except (ElementTree.ParseError, ValueError) as error:
        return FastDdsProfile(variable, path, 0, f'{path} is not an XML profile ({error})')
    fault = ''
    if segment < MIN_SEGMENT:
        fault = (
            f'{path} gives {segment / 2**20:.1f} MB of shared memory; images need '
            f'{MIN_SEGMENT / 2**20:.0f} MB or more'
        )
    return FastDdsProfile(variable, path, segment, fault)


def shared_memory(profile: Path) -> int:
    """The shared memory that a profile gives each participant, bytes; 0 if none.

    Raises:
        OSError: The file cannot be read.
        ElementTree.ParseError: It is not XML.
        ValueError: A size in it is not a number.
    """
    root = ElementTree.parse(profile).getroot()
    for element in root.iter():
        # Newer profiles use an XML namespace, older ones do not.
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
    """The shell command that makes the middleware of a process carry images."""
    try:
        profile = str(environment.prefix() / 'share/mask_proximity/config/fastdds.xml')
    except MaskProximityError:
        profile = 'config/fastdds.xml'
    return f'export {environment.profile_variable(_prefixes(variables))}={profile}'


def middleware(name: str, variables: Mapping[str, str]) -> Middleware:
    """The middleware of a process.

    Args:
        name: Name of the RMW implementation, e.g. rmw_fastrtps_cpp.
        variables: Environment of the process.
    """
    if 'fastrtps' not in name:
        return Middleware(name)
    return Middleware(name, not fast_dds_profile(variables).fault, fix(variables))


def _prefixes(variables: Mapping[str, str]) -> list[str]:
    prefixes = [path for path in variables.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if path]
    with contextlib.suppress(MaskProximityError):
        prefixes.append(str(environment.prefix()))
    return prefixes
