# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is generated from the table of settings is what is committed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mask_proximity.core.config import NODES, table
from mask_proximity.documents import parameters_markdown, parameters_yaml

ROOT = Path(__file__).resolve().parent.parent


def test_the_parameter_file_is_the_table() -> None:
    committed = (ROOT / 'config' / 'mask_proximity.yaml').read_text(encoding='utf-8')
    assert committed == parameters_yaml()
    content = yaml.safe_load(committed)
    for node, settings in NODES.items():
        parameters = content[f'/**/{node}']['ros__parameters']
        assert parameters == {row.name: row.default for row in table(settings)}


@pytest.mark.parametrize('node', list(NODES))
def test_the_page_of_parameters_is_the_table(node: str) -> None:
    page = (ROOT / 'docs' / 'parameters.md').read_text(encoding='utf-8')
    assert parameters_markdown() in page
    assert f'### {node}' in page
