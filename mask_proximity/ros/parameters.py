# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The table of settings as ROS parameters: declared, validated, and read as one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.settings.parameter_file import is_ros_parameter
from mask_proximity.core.settings_table import (
    AnySettings,
    Setting,
    setting_rows,
    unknown_setting,
    with_values,
)


def _accept(old: AnySettings, new: AnySettings) -> None:
    """Accept a change and do nothing."""


class NodeParameters(Generic[AnySettings]):
    """Declares a node's table and keeps the newest valid snapshot of it."""

    def __init__(
        self,
        node: Node,
        settings: type[AnySettings],
        check: Callable[[AnySettings, AnySettings], None] = _accept,
        changed: Callable[[AnySettings, AnySettings], None] = _accept,
    ) -> None:
        """Declare every setting on `node`.

        Args:
            node: Node that gets a parameter for each setting.
            settings: Table of the settings.
            check: Called with the settings in use and the requested ones, which keep the rules of
                the table; refuses them by raising MaskProximityError.
            changed: Called with the former and the new settings when these are in use.

        Raises:
            SettingsError: A value from the command line or a parameter file breaks a rule.
        """
        self._check, self._changed = check, changed
        self._rows = setting_rows(settings)
        self._names = {row.name for row in self._rows}
        # Checked before they are declared, since rclpy's own refusals are exceptions for
        # programmers. rclpy has no public list of what was given.
        overrides: dict[str, Parameter] = getattr(node, '_parameter_overrides', {})
        self._current = with_values(settings(), self._own(list(overrides.values())))
        for row in self._rows:
            value = getattr(self._current, row.name)
            node.declare_parameter(row.name, value, _descriptor(row), ignore_override=True)
        self._report_unknown(node, overrides)
        if hasattr(node, 'add_pre_set_parameters_callback'):  # not in Humble
            node.add_pre_set_parameters_callback(self._with_floats)
        node.add_on_set_parameters_callback(self._validate)
        # Humble has no post-set callback; there the accepted values are taken over at once.
        self._reacts_after_set = hasattr(node, 'add_post_set_parameters_callback')
        if self._reacts_after_set:
            node.add_post_set_parameters_callback(self._take_over)

    @property
    def current(self) -> AnySettings:
        """The newest valid settings; never changed, only replaced."""
        return self._current

    def _own(self, parameters: Sequence[Parameter]) -> dict[str, object]:
        return {
            parameter.name: parameter.value
            for parameter in parameters
            if parameter.name in self._names
        }

    def _with_floats(self, parameters: list[Parameter]) -> list[Parameter]:
        """Convert whole numbers for float settings to floats, so that the type does not change."""
        floats = {row.name for row in self._rows if isinstance(row.default, float)}
        return [
            Parameter(parameter.name, value=float(parameter.value))
            if parameter.name in floats and type(parameter.value) is int
            else parameter
            for parameter in parameters
        ]

    def _validate(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            if self._is_unknown(parameter.name):
                reason = unknown_setting(parameter.name, sorted(self._names))
                return SetParametersResult(successful=False, reason=reason)
        own = self._own(parameters)
        if not own:
            # They are rclpy's, such as the qos_overrides of each new publisher.
            return SetParametersResult(successful=True)
        try:
            self._check(self._current, with_values(self._current, own))
        except MaskProximityError as error:
            return SetParametersResult(successful=False, reason=str(error))
        if not self._reacts_after_set:
            self._take_over(parameters)
        return SetParametersResult(successful=True)

    def _take_over(self, parameters: list[Parameter]) -> None:
        own = self._own(parameters)
        if own:
            old, self._current = self._current, with_values(self._current, own)
            self._changed(old, self._current)

    def _is_unknown(self, name: str) -> bool:
        return name not in self._names and not is_ros_parameter(name)

    def _report_unknown(self, node: Node, names: Iterable[str]) -> None:
        # rclpy silently drops parameters that are not declared, typing errors included.
        for name in names:
            if self._is_unknown(name):
                node.get_logger().error(
                    f'{unknown_setting(name, sorted(self._names))}; it was ignored'
                )


def _descriptor(row: Setting) -> ParameterDescriptor:
    unit = f' [{row.unit}]' if row.unit else ''
    descriptor = ParameterDescriptor(
        description=row.description + unit,
        additional_constraints=f'One of: {", ".join(row.choices)}' if row.choices else '',
        read_only=not row.live,
        # Lets 'rate:=30' and 'source:=0' through to the table's own, readable check.
        dynamic_typing=isinstance(row.default, float) or row.name == 'source',
    )
    if row.minimum is not None and row.maximum is not None:
        if isinstance(row.default, float):
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=row.minimum, to_value=row.maximum)
            ]
        else:
            descriptor.integer_range = [
                IntegerRange(from_value=int(row.minimum), to_value=int(row.maximum))
            ]
    return descriptor
