# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""No more threads than cores, and as many as pay."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mask_proximity.core.models.threads import cores, fastest_threads, usable_threads

ALLOWED = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ('limit', 'expected'),
    [
        ('max 100000', ALLOWED),
        ('100000 100000', 1),
        ('10000 100000', 1),
        (f'{100_000 * ALLOWED - 1} 100000', ALLOWED),
        (f'{100_000 * ALLOWED * 4} 100000', ALLOWED),
        ('', ALLOWED),
        ('something else', ALLOWED),
    ],
)
def test_the_limit_of_a_container_counts(tmp_path: Path, limit: str, expected: int) -> None:
    quota = tmp_path / 'cpu.max'
    quota.write_text(f'{limit}\n')
    assert cores(quota) == expected


def test_without_a_limit_the_cores_that_the_process_may_run_on_count(tmp_path: Path) -> None:
    assert cores(tmp_path / 'none') == ALLOWED
    code = (
        'import os\n'
        'os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n'
        'from mask_proximity.core.models.threads import cores, usable_threads\n'
        'print(cores(), usable_threads(0), usable_threads(8))\n'
    )
    said = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ['1', '1', '1']


def test_no_more_than_there_are_cores() -> None:
    assert usable_threads(1) == 1
    assert usable_threads(0) == usable_threads(64) == cores()


@pytest.mark.parametrize(
    ('milliseconds', 'expected'),
    [
        ({1: 4.0, 2: 8.0}, 1),
        ({1: 4.0, 2: 3.9}, 1),
        ({1: 8.0, 2: 4.0, 4: 4.0}, 2),
        ({1: 8.0, 2: 4.0, 4: 2.0, 6: 1.0}, 6),
        ({1: 8.0, 2: 4.0, 4: 2.0, 6: 4.0}, 4),
    ],
)
def test_the_number_of_threads_that_pays(
    monkeypatch: pytest.MonkeyPatch, milliseconds: dict[int, float], expected: int
) -> None:
    monkeypatch.setattr(os, 'sched_getaffinity', lambda _: range(6))
    clock = 0.0

    def load(number: int) -> Callable[[], object]:
        first = True

        def run() -> None:
            nonlocal clock, first
            # The first run of a net is the slowest, and says nothing.
            clock += milliseconds[number] * (100.0 if first else 1.0)
            first = False

        return run

    monkeypatch.setattr(time, 'perf_counter', lambda: clock)
    assert fastest_threads(load) == expected
