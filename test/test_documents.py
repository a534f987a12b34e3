# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is generated from the table of settings is what is committed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings_table import setting_rows
from mask_proximity.documents import parameters_markdown, parameters_yaml

ROOT = Path(__file__).resolve().parent.parent


def test_the_parameter_file_is_the_table() -> None:
    committed = (ROOT / 'config' / 'mask_proximity.yaml').read_text(encoding='utf-8')
    assert committed == parameters_yaml()
    content = yaml.safe_load(committed)
    for node, settings in NODES.items():
        parameters = content[f'/**/{node}']['ros__parameters']
        assert parameters == {row.name: row.default for row in setting_rows(settings)}


@pytest.mark.parametrize('node', list(NODES))
def test_the_page_of_parameters_is_the_table(node: str) -> None:
    page = (ROOT / 'docs' / 'parameters.md').read_text(encoding='utf-8')
    assert parameters_markdown() in page
    assert f'### {node}' in page


PAGES = [
    'README.md',
    'benchmarks/README.md',
    'CONTRIBUTING.md',
    'models/README.md',
    'training/README.md',
    *(f'docs/{page.name}' for page in sorted((ROOT / 'docs').glob('*.md'))),
]


def anchors(page: Path) -> set[str]:
    """What can follow the # in a link to a page."""
    titles = re.findall(r'^#+ (.*)$', page.read_text(encoding='utf-8'), re.MULTILINE)
    return {re.sub(r'[^\w -]', '', title).lower().replace(' ', '-') for title in titles}


@pytest.mark.parametrize('page', PAGES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    prose = re.sub(r'```.*?```', '', path.read_text(encoding='utf-8'), flags=re.DOTALL)
    for target, _, anchor in re.findall(r'\]\(([^)#]*)(#?)([^)]*)\)', prose):
        if not target.startswith('https://'):
            other = path.parent / target if target else path
            assert other.exists(), target
            assert not anchor or anchor in anchors(other), f'{target}#{anchor}'


def test_defaults_in_the_readme_are_those_of_the_table() -> None:
    defaults = {
        row.name: row.default for settings in NODES.values() for row in setting_rows(settings)
    }
    named = re.findall(r'`(\w+)` \(([\d.]+)[ )]', (ROOT / 'README.md').read_text(encoding='utf-8'))
    named = [(name, value) for name, value in named if name in defaults]
    assert len(named) >= 2
    for name, value in named:
        assert float(value) == defaults[name], name
