# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: `--declared-only` selects the tests that need only what package.xml declares.

`colcon test` passes the option, because rosdep installs no more than that. A test file that imports
anything else, itself or through a helper, is not collected. A test function that does so in its
body is deselected. The header of the run names both and what they need.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from support.third_party import OPTIONAL, TEST_TOOLS, THIRD_PARTY

OPTION = '--declared-only'
TEST = Path(__file__).resolve().parents[1]
ROOT = TEST.parent
# What is imported from the source tree, and where it lies there.
LOCAL = {'benchmarks': ROOT, 'support': TEST, 'training': ROOT}
KEYS = {**TEST_TOOLS, **{name: key for name, (key, _) in THIRD_PARTY.items()}}
TAGS = ('depend', 'exec_depend', 'test_depend')


@cache
def declared() -> frozenset[str]:
    """Keys that package.xml declares for running and testing the package."""
    package = ElementTree.parse(ROOT / 'package.xml')
    return frozenset(each.text or '' for tag in TAGS for each in package.iter(tag))


def undeclared(path: Path) -> frozenset[str]:
    """Packages that are imported when a test file is, and that package.xml does not declare.

    An import in a helper or a fixture of the file counts too; one in a test function does not, see
    `undeclared_by_test`.
    """
    tree = _parse(path)
    tests = set(_tests(tree))
    return _undeclared(_imports(tree, without=tests), frozenset({path}))


def undeclared_by_test(path: Path) -> dict[str, frozenset[str]]:
    """By name of a test function: the undeclared packages that are imported in its body."""
    found = {
        each.name: _undeclared(_imports(each), frozenset({path})) for each in _tests(_parse(path))
    }
    return {name: packages for name, packages in found.items() if packages}


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding='utf-8'), str(path))


def _tests(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith('test'):
            yield node


def _imports(tree: ast.AST, without: Iterable[ast.AST] = (), lazy: bool = True) -> Iterator[str]:
    """Dotted names of imported modules; for `from a import b` both `a` and `a.b`."""
    for node in ast.iter_child_nodes(tree):
        if node in without or (isinstance(node, ast.FunctionDef) and not lazy):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f'{node.module}.{alias.name}' for alias in node.names)
        else:
            yield from _imports(node, without, lazy)


def _undeclared(modules: Iterable[str], seen: frozenset[Path]) -> frozenset[str]:
    found: set[str] = set()
    for module in modules:
        top = module.partition('.')[0]
        if top in LOCAL:
            path = LOCAL[top].joinpath(*module.split('.'))
            for each in (path.with_suffix('.py'), path / '__init__.py'):
                if each.is_file() and each not in seen:
                    # What a helper imports in a function is the matter of who calls that.
                    seen |= {each}
                    found |= _undeclared(_imports(_parse(each), lazy=False), seen)
        elif not (
            top in sys.stdlib_module_names
            or top in ('mask_proximity', '__future__')
            or top in OPTIONAL  # Imported only where it is installed.
            or KEYS.get(top, top) in declared()
        ):
            found.add(top)
    return frozenset(found)


# --- The plugin -----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION, action='store_true', help='run only tests that need no more than package.xml names'
    )


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption(OPTION):
        return
    left_out = _left_out(config)
    config.option.ignore = [*(config.option.ignore or ()), *map(str, left_out)]


def pytest_report_header(config: pytest.Config) -> list[str]:
    if not config.getoption(OPTION):
        return []
    lines = ['left out, for what package.xml does not declare:']
    for path, packages in _left_out(config).items():
        lines.append(f'  {path.relative_to(TEST)}: {", ".join(sorted(packages))}')
    for path in _chosen(config):
        for name, packages in undeclared_by_test(path).items():
            lines.append(f'  {path.relative_to(TEST)}::{name}: {", ".join(sorted(packages))}')
    return lines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption(OPTION):
        return
    away = [
        item
        for item in items
        if isinstance(item, pytest.Function)
        and item.function.__name__ in undeclared_by_test(Path(item.fspath))
    ]
    if away:
        config.hook.pytest_deselected(items=away)
        items[:] = [item for item in items if item not in away]


def _chosen(config: pytest.Config) -> list[Path]:
    """Test files below what the command names that are not left out."""
    return [path for path in _files(config) if not undeclared(path)]


def _left_out(config: pytest.Config) -> dict[Path, frozenset[str]]:
    return {path: packages for path in _files(config) if (packages := undeclared(path))}


def _files(config: pytest.Config) -> list[Path]:
    named = [Path(argument.partition('::')[0]).resolve() for argument in config.args]
    return [
        path
        for path in sorted(TEST.rglob('test_*.py'))
        if any(each == path or each in path.parents for each in named)
    ]
