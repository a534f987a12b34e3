# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of settings that are composed of smaller ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings_table import (
    component_tables,
    own_rows,
    same_values,
    setting_rows,
    with_values,
)
from support.tables import Both, Near, Node, Slow


def test_the_rows_are_in_the_order_of_the_composition() -> None:
    assert component_tables(Node) == (Near, Slow, Both, Node)
    assert [row.name for row in setting_rows(Node)] == ['near', 'far', 'slow', 'fast', 'name']
    assert [row.name for row in own_rows(Node)] == ['name']
    assert own_rows(Both) == ()


@pytest.mark.parametrize(
    ('values', 'sentence'),
    [
        ({'near': 3.0}, 'near must be at most far'),
        ({'slow': 3}, 'slow must be at most fast'),
        ({'name': 'bad'}, 'name must not be bad'),
        ({'far': 11.0}, 'far must be within 0 to 10'),
    ],
)
def test_the_rules_of_every_component_are_checked(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        with_values(Node(), values)


def test_only_the_rows_of_the_given_table_are_compared() -> None:
    one = Node()
    assert same_values(Near, one, replace(one, slow=2, name='other'))
    assert not same_values(Near, one, replace(one, near=1.5))
    assert not same_values(Both, one, replace(one, slow=2))


@pytest.mark.parametrize('node', NODES)
def test_every_parameter_of_a_node_is_declared_once(node: str) -> None:
    names = [row.name for row in setting_rows(NODES[node])]
    assert len(names) == len(set(names))


@pytest.mark.parametrize('node', NODES)
def test_every_group_of_parameters_has_a_heading_of_its_own(node: str) -> None:
    """A heading that is forgotten would be inherited from another group."""
    groups = [table for table in component_tables(NODES[node]) if own_rows(table)]
    headings = [table.heading for table in groups]
    assert len(headings) == len(set(headings))
    assert len(groups) == 1 or all(headings)
