# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings from ROS parameter files and NAME=VALUE pairs, checked without ROS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings_table import Settings, setting_rows, unknown_setting, with_values
from mask_proximity.core.yaml_file import read_yaml

Values = dict[str, dict[str, object]]
"""Node -> parameter -> value."""

_SECTION = 'ros__parameters'
_WILDCARDS = ('*', '**')
# One file may hold the parameters of all nodes of a robot.
_MAX_BYTES = 1_000_000
# What rclpy itself and diagnostic_updater take from the same place.
_ROS_PARAMETERS = ('use_sim_time', 'start_type_description_service')
_ROS_PREFIXES = ('qos_overrides.', 'diagnostic_updater.')


def is_ros_parameter(name: str) -> bool:
    """Whether a parameter belongs to ROS itself rather than to our settings."""
    return name in _ROS_PARAMETERS or name.startswith(_ROS_PREFIXES)


def load_settings(
    path: Path | None, assignments: Sequence[str], nodes: Sequence[str]
) -> dict[str, Settings]:
    """Settings of all nodes from a parameter file and assignments.

    Args:
        path: The parameter file; None = defaults.
        assignments: NAME=VALUE or NODE.NAME=VALUE each; they override the file. A name without a
            node is set on every node in `nodes` that has it.
        nodes: Nodes that `assignments` may set.

    Raises:
        SettingsError: A value is refused; the text names the file or the assignment, and the
            parameter.
    """
    values: Values = {node: {} for node in NODES}
    if path is not None:
        values = read_parameter_file(path)
    for node, assigned in assigned_values(assignments, nodes).items():
        values[node].update(assigned)
    try:
        return {node: with_values(kind(), values[node]) for node, kind in NODES.items()}
    except SettingsError as error:
        raise SettingsError(f'{_culprit(path, assignments)}: {error}') from None


def assigned_values(assignments: Sequence[str], nodes: Sequence[str]) -> Values:
    """The values that NAME=VALUE or NODE.NAME=VALUE pairs set, not yet checked; see load_settings.

    Raises:
        SettingsError: A pair is malformed, or its node or parameter is unknown.
    """
    values: Values = {node: {} for node in nodes}
    for assignment in assignments:
        for node, name, value in _assigned(assignment, nodes):
            values[node][name] = value
    return values


def read_parameter_file(path: Path) -> Values:
    """The values that a ROS parameter file sets on our nodes, not yet checked.

    A section name may have a namespace or wildcards ('detector_node', '/front/detector_node',
    '/**/detector_node', '/**'); the most specific one takes precedence.

    Raises:
        SettingsError: The file is missing, is not YAML, has nothing for our nodes, or has an
            unknown parameter.
    """
    sections = sorted(_sections(path, _read(path), ''), key=lambda section: _exactness(section[0]))
    values: Values = {node: {} for node in NODES}
    ours = False
    for section, parameters in sections:
        last = section.rpartition('/')[2]
        nodes = list(NODES) if last in _WILDCARDS else [node for node in NODES if node == last]
        ours = ours or bool(nodes)
        for name, value in parameters.items():
            if is_ros_parameter(name) or not nodes:
                continue
            for node in _nodes_with(name, nodes, str(path)):
                values[node][name] = value
    exact = [section for section, _ in sections if _exactness(section) == _EXACT]
    for node in NODES:
        names = [section for section in exact if section.rpartition('/')[2] == node]
        if len(names) > 1:
            raise SettingsError(
                f'{path}: {node} has several sections ({", ".join(names)}); expected one'
            )
    if not ours:
        found = ', '.join(section for section, _ in sections) or 'none'
        raise SettingsError(
            f'{path}: this parameter file is for other nodes (sections: {found}); expected a '
            f'section such as /**/detector_node with {_SECTION}'
        )
    return values


def section_names(path: Path) -> list[str]:
    """The section names of a ROS parameter file, with namespaces and wildcards.

    Raises:
        SettingsError: The file is missing, is not YAML, or has no parameters.
    """
    return sorted({section for section, _ in _sections(path, _read(path), '')})


def parse_value(text: str) -> object:
    """Parse a value as written in a parameter file or after NAME=.

    Raises:
        SettingsError: The text is not valid YAML.
    """
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, RecursionError):
        raise SettingsError(f'{text!r} is not a valid YAML value') from None


class _Loader(yaml.SafeLoader):
    """YAML as rcl reads it: 1e-3 is a number, and dates are strings."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(':timestamp')]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    'tag:yaml.org,2002:float',
    re.compile(r'[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$'),
    list('-+0123456789'),
)


def _read(path: Path) -> Mapping[Any, Any]:
    expected = 'expected a ROS parameter file (YAML) such as config/mask_proximity.yaml'
    content = read_yaml(path, SettingsError, expected, _Loader, _MAX_BYTES)
    if not isinstance(content, dict):
        raise SettingsError(f'{path}: this file has no parameters; {expected}')
    return content


def _sections(
    path: Path, tree: Mapping[Any, Any], name: str
) -> Iterator[tuple[str, dict[str, object]]]:
    """Full names of the sections of a file, each with its parameters by their full names."""
    for key, value in tree.items():
        if key == _SECTION:
            if not name or not isinstance(value, dict):
                raise SettingsError(
                    f'{path}: {_SECTION} must hold names and values, below the name of a node'
                )
            yield name, dict(_flat(value, ''))
        elif isinstance(value, dict):
            yield from _sections(path, value, f'{name.rstrip("/")}/{str(key).lstrip("/")}')
        else:
            raise SettingsError(
                f'{path}: {key!r} is outside {_SECTION}; expected node, then {_SECTION}, '
                'then names and values'
            )


def _flat(parameters: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in parameters.items():
        if isinstance(value, dict):
            yield from _flat(value, f'{prefix}{key}.')
        else:
            yield f'{prefix}{key}', value


_EXACT = 2


def _exactness(section: str) -> int:
    *namespace, node = section.split('/')
    if node in _WILDCARDS:
        return 0
    return 1 if any(part in _WILDCARDS for part in namespace) else _EXACT


def _nodes_with(name: str, nodes: Sequence[str], origin: str) -> list[str]:
    """The nodes in `nodes` that have a parameter of this name."""
    names = {node: [row.name for row in setting_rows(NODES[node])] for node in nodes}
    found = [node for node in nodes if name in names[node]]
    if not found:
        known = sorted({known for rows in names.values() for known in rows})
        raise SettingsError(f'{origin}: {unknown_setting(name, known)}')
    return found


def _assigned(assignment: str, nodes: Sequence[str]) -> Iterator[tuple[str, str, object]]:
    name, separator, text = assignment.partition('=')
    if not separator:
        raise SettingsError(f'--set {assignment}: expected NAME=VALUE')
    node, dot, own = name.strip().rpartition('.')
    if dot and node not in nodes:
        raise SettingsError(
            f'--set {assignment}: there is no node {node!r} here; expected one of: '
            f'{", ".join(nodes)}'
        )
    origin = f'--set {assignment}'
    for owner in _nodes_with(own, [node] if dot else nodes, origin):
        try:
            yield owner, own, parse_value(text)
        except SettingsError as error:
            raise SettingsError(f'{origin}: {error}') from None


def _culprit(path: Path | None, assignments: Sequence[str]) -> str:
    """The origin of a refused value: the file if it is refused by itself, else the assignments."""
    if path is not None:
        try:
            for node, values in read_parameter_file(path).items():
                with_values(NODES[node](), values)
        except SettingsError:
            return str(path)
    return f'--set {" ".join(assignments)}'
