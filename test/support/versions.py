# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: `--version-dependent` leaves out what other versions of packages cannot change.

`make test-apt` runs the code with the versions of Ubuntu 24.04. Which test modules can notice that
is computed from the source of the project:

- A test module depends on versions if it or a project module that it imports, directly or by
  others, uses one of PACKAGES: more than in annotations and aliases of types.
- Of nodes in processes of their own, imports say nothing. Such a test module in one of OF_PROCESSES
  is taken if the module that it mirrors uses one of PACKAGES itself, or is a node. What the others
  reach of PACKAGES, the tests of the core and of the whole nodes reach as well.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    *('PIL', 'cv2', 'jinja2', 'matplotlib', 'numpy', 'pygame', 'scipy', 'skimage', 'tqdm', 'yaml'),
}
"""Of requirements/apt.txt, as they are imported."""

OF_PROCESSES = [ROOT / 'test' / name for name in ('doctor', 'fleet', 'launch', 'nodes', 'ros')]
OPTION = '--version-dependent'


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action='store_true', help='only tests that other versions can change')


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption(OPTION):
        return
    taken = [item for item in items if depends_on_versions(Path(str(item.fspath)))]
    left_out = [item for item in items if item not in set(taken)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = taken


@functools.cache
def depends_on_versions(test: Path) -> bool:
    """Whether a test module can notice other versions of PACKAGES."""
    mirrored = ROOT / 'mask_proximity' / test.parent.relative_to(ROOT / 'test')
    mirrored /= test.name.removeprefix('test_')
    if any(folder in test.parents for folder in OF_PROCESSES) and _starts_nodes(test):
        node = mirrored.parent == ROOT / 'mask_proximity' / 'nodes'
        return mirrored.exists() and (node or uses_packages(mirrored))
    return _starts_nodes(test) or any(uses_packages(path) for path in closure(test))


def _starts_nodes(test: Path) -> bool:
    names = {name.partition('.')[0] for name in _imported(test)}
    return 'subprocess' in names or 'support.ros' in _imported(test)


def closure(path: Path) -> set[Path]:
    """A file and all files of the project that it imports, directly or by others."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [file for name in _imported(path) if (file := _file(name)) is not None]
    return found


@functools.cache
def uses_packages(path: Path) -> bool:
    """Whether a file computes with one of PACKAGES, or gets a picture from a fixture."""
    tree = _tree(path)
    bound = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name.partition('.')[0] in PACKAGES:
                    bound.add(each.asname or each.name.partition('.')[0])
        elif isinstance(node, ast.ImportFrom) and (node.module or '').partition('.')[0] in PACKAGES:
            bound |= {each.asname or each.name for each in node.names}
    used = {node.id for node in _evaluated(tree) if isinstance(node, ast.Name)}
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return bool(bound & used) or bool(arguments & {'portrait', 'near_portrait'})


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below one, without annotations and aliases of types."""
    for name, value in ast.iter_fields(node):
        if name in ('annotation', 'returns'):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_alias(child):
                yield child
                yield from _evaluated(child)


def _is_alias(node: ast.AST) -> bool:
    """Such as `Image = npt.NDArray[np.uint8]`."""
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Subscript)
        and ast.unparse(node.value.value).endswith('NDArray')
    )


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding='utf-8'))


@functools.cache
def _imported(path: Path) -> frozenset[str]:
    """Full names of all modules that a file may import, and of what it takes out of them."""
    names = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f'{node.module}.{each.name}' for each in node.names)}
    # A package is imported before what lies in it.
    return frozenset(
        '.'.join(parts[:count])
        for parts in (name.split('.') for name in names)
        for count in range(1, len(parts) + 1)
    )


def _file(name: str) -> Path | None:
    """The file of the project that has this name as a module."""
    for base in (ROOT, ROOT / 'test'):
        stem = base.joinpath(*name.split('.'))
        for path in (stem.with_suffix('.py'), stem / '__init__.py'):
            if path.is_file():
                return path
    return None
