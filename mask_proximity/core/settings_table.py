# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a table of settings is: type, default, range, unit, description, live or not."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mask_proximity.core.errors import SettingsError

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table.

    Attributes:
        name: of the setting and of its ROS parameter.
        default: its type is the type of the setting.
        minimum: smallest value allowed; None for text and switches.
        maximum: largest value allowed.
        choices: the texts allowed; empty if any.
        unit: '' if there is none.
        description: one sentence or two, for the user.
        live: whether a change while running acts (on the next frame).
    """

    name: str
    default: Value
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    unit: str
    description: str
    live: bool

    @property
    def type_name(self) -> str:
        """The type's name in ROS: bool, int, double or string."""
        return {bool: 'bool', int: 'int', float: 'double', str: 'string'}[type(self.default)]

    @property
    def allowed(self) -> str:
        """The values allowed, in words; empty if all are."""
        if self.choices:
            return ' or '.join(self.choices)
        if self.minimum is not None and self.maximum is not None:
            return f'{self.minimum:g} to {self.maximum:g}'
        return ''

    def checked(self, value: object) -> Value:
        """The value in the setting's own type.

        Raises:
            SettingsError: of another type, not finite, or not allowed.
        """
        kind = type(self.default)
        # A whole number is a fine float ('rate:=30'), and 'source:=0' is a fine text; nothing
        # else is converted, so that a mistake is not mistaken for a value.
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        elif self.name == 'source' and type(value) is int:
            value = str(value)
        if type(value) is not kind:
            raise SettingsError(
                f'{self.name} must be of type {self.type_name}, but {value!r} was given'
            )
        assert isinstance(value, (bool, int, float, str))
        if isinstance(value, float) and not math.isfinite(value):
            raise SettingsError(f'{self.name} must be a finite number, but it is {value}')
        if self.choices and value not in self.choices:
            raise SettingsError(f'{self.name} must be {self.allowed}, but it is {value!r}')
        if (
            self.minimum is not None
            and self.maximum is not None
            and not isinstance(value, str)
            and not self.minimum <= value <= self.maximum
        ):
            raise SettingsError(
                f'{self.name} must be within {self.allowed}'
                f'{" " + self.unit if self.unit else ""}, but it is {value}'
            )
        return value


def setting(
    default: Value,
    description: str,
    *,
    within: tuple[float, float] | None = None,
    choices: tuple[str, ...] = (),
    unit: str = '',
    live: bool = True,
) -> Any:
    """A field of a table; the arguments are those of `Setting`."""
    metadata = {
        'default': default,
        'within': within or (None, None),
        'choices': choices,
        'unit': unit,
        'description': description,
        'live': live,
    }
    return field(default=default, metadata=metadata)


class Settings:
    """Base of the tables. An instance that breaks a rule cannot be made."""

    def __post_init__(self) -> None:
        """Check every value, and the rules between them.

        Raises:
            SettingsError: with one sentence that names the rule.
        """
        for setting in setting_rows(type(self)):
            checked = setting.checked(getattr(self, setting.name))
            object.__setattr__(self, setting.name, checked)
        self._check_together()

    def _check_together(self) -> None:
        """Rules between several settings; overridden where there are any."""


AnySettings = TypeVar('AnySettings', bound=Settings)


def setting_rows(settings: type[Settings]) -> tuple[Setting, ...]:
    """The rows of a node's table, in the order of their declaration."""
    return tuple(
        Setting(
            name=item.name,
            default=item.metadata['default'],
            minimum=item.metadata['within'][0],
            maximum=item.metadata['within'][1],
            choices=item.metadata['choices'],
            unit=item.metadata['unit'],
            description=item.metadata['description'],
            live=item.metadata['live'],
        )
        for item in dataclasses.fields(settings)  # type: ignore[arg-type]
    )


def with_values(settings: AnySettings, values: Mapping[str, object]) -> AnySettings:
    """A copy of `settings` with other values, checked as a whole.

    Raises:
        SettingsError: a name is unknown or a value breaks a rule; `settings` stays as it was.
    """
    known = [setting.name for setting in setting_rows(type(settings))]
    for name in values:
        if name not in known:
            raise SettingsError(unknown_setting(name, known))
    result: AnySettings = dataclasses.replace(settings, **values)  # type: ignore[type-var]
    return result


def unknown_setting(name: str, known: list[str]) -> str:
    """The sentence for a setting that does not exist, with the nearest one that does."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f'did you mean {near[0]}?' if near else f'expected one of: {", ".join(known)}'
    return f'there is no parameter {name!r}; {hint}'
