# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a table of settings is made of, and how tables are composed.

A row is a field of a frozen dataclass that is made by `setting`: type, default, range, unit,
description. Each room of core declares the rows that it reads in a settings.py of its own; a larger
table inherits from several smaller ones:

    @dataclass(frozen=True)
    class PerceptionSettings(TrackingSettings, RangingSettings): ...

An instance of the larger table is an instance of the smaller ones too, so that one snapshot goes to
every room, and each sees by its type only what it reads.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from mask_proximity.core.errors import SettingsError

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of a table.

    Attributes:
        name: Name of the setting and of its ROS parameter.
        default: Default value; its type is the type of the setting.
        minimum: Smallest allowed value; None for strings and booleans.
        maximum: Largest allowed value; None for strings and booleans.
        choices: Allowed strings; empty if any string is allowed.
        unit: Unit of the value; empty if it has none.
        description: One or two sentences for the user.
        live: Whether a change at runtime takes effect (from the next frame on).
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
        """Name of the type in ROS: bool, int, double or string."""
        return {bool: 'bool', int: 'int', float: 'double', str: 'string'}[type(self.default)]

    @property
    def allowed(self) -> str:
        """The allowed values in words; empty if all are allowed."""
        if self.choices:
            return ' or '.join(self.choices)
        if self.minimum is not None and self.maximum is not None:
            return f'{self.minimum:g} to {self.maximum:g}'
        return ''

    def checked(self, value: object) -> Value:
        """Check a value and convert it to the type of the setting.

        Raises:
            SettingsError: The value has another type, is not finite, or is not allowed.
        """
        kind = type(self.default)
        # An integer is accepted for a float ('rate:=30') and for the source ('source:=0').
        # Nothing else is converted, so that a mistake does not pass for a value.
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
    """Declare a row of a table; the arguments are those of `Setting`."""
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

    heading: ClassVar[str] = ''
    """Heading of this table's own rows in the documentation."""

    def __post_init__(self) -> None:
        """Check every value, then the rules between values.

        Raises:
            SettingsError: A value breaks a rule; the text says which one.
        """
        for row in setting_rows(type(self)):
            object.__setattr__(self, row.name, row.checked(getattr(self, row.name)))
        # Each table has the rules of its own rows; all of them hold, whatever the composition.
        for table in component_tables(type(self)):
            if '_check_together' in vars(table):
                table._check_together(self)

    def _check_together(self) -> None:
        """Check the rules between several rows of this table; overridden where there are any.

        The rules of inherited tables are checked too, without a call to super().
        """


AnySettings = TypeVar('AnySettings', bound=Settings)


def component_tables(settings: type[Settings]) -> tuple[type[Settings], ...]:
    """The tables that a table is composed of, in the order of their composition, itself last."""
    found: dict[type[Settings], None] = {}
    for base in settings.__bases__:
        if issubclass(base, Settings) and base is not Settings:
            found.update(dict.fromkeys(component_tables(base)))
    return (*found, settings)


def own_rows(table: type[Settings]) -> tuple[Setting, ...]:
    """The rows that a table declares itself, without the inherited ones."""
    # A dataclass shares the fields that it inherits with its bases.
    inherited = {
        id(item)
        for base in table.__mro__[1:]
        for item in getattr(base, '__dataclass_fields__', {}).values()
    }
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
        for item in dataclasses.fields(table)  # type: ignore[arg-type]
        if id(item) not in inherited
    )


def setting_rows(settings: type[Settings]) -> tuple[Setting, ...]:
    """All rows of a table, grouped by the table that declares them, in stable order."""
    return tuple(row for table in component_tables(settings) for row in own_rows(table))


def same_values(table: type[AnySettings], one: AnySettings, other: AnySettings) -> bool:
    """Whether two snapshots agree in the rows of `table`, whatever else they hold."""
    return one is other or all(
        getattr(one, row.name) == getattr(other, row.name) for row in setting_rows(table)
    )


def with_values(settings: AnySettings, values: Mapping[str, object]) -> AnySettings:
    """Copy settings with some values replaced.

    Raises:
        SettingsError: A name is unknown or a value breaks a rule; `settings` stays as it was.
    """
    known = [row.name for row in setting_rows(type(settings))]
    for name in values:
        if name not in known:
            raise SettingsError(unknown_setting(name, known))
    result: AnySettings = dataclasses.replace(settings, **values)  # type: ignore[type-var]
    return result


def unknown_setting(name: str, known: list[str]) -> str:
    """The sentence for an unknown name, with the most similar known one."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f'did you mean {near[0]}?' if near else f'expected one of: {", ".join(known)}'
    return f'there is no parameter {name!r}; {hint}'
