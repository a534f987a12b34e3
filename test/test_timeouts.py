# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A test that hangs fails alone: the tests beside it and after it run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TESTS = """
import subprocess
import time

import pytest

@pytest.fixture
def hanging_fixture():
    time.sleep(60)

@pytest.fixture
def hanging_end():
    yield
    time.sleep(60)

def test_hangs_in_the_call():
    time.sleep(60)

def test_hangs_in_a_fixture(hanging_fixture):
    pass

def test_hangs_at_the_end_of_a_fixture(hanging_end):
    pass

def test_hangs_for_a_process():
    # The way out of `with` waits for the process once more.
    with subprocess.Popen(['sleep', '60']) as process:
        try:
            process.wait()
        finally:
            process.terminate()

def test_hangs_for_a_process_twice():
    process = subprocess.Popen(['sleep', '60'])
    try:
        with process:
            process.wait()
    finally:
        process.kill()
        process.wait()

@pytest.mark.timeout(60)
def test_may_take_longer():
    time.sleep(1.0)

@pytest.mark.parametrize('number', range(20))
def test_passes(number):
    pass
"""


def test_a_test_that_hangs_fails_alone(tmp_path: Path) -> None:
    path = tmp_path / 'test_hanging.py'
    path.write_text(TESTS)
    support = Path(__file__).parent
    plugin = ('-p', 'support.timeouts', '-p', 'no:timeout', '-o', 'test_timeout=0.5')
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-n', '2', '-rA', *plugin, path.name],
        cwd=tmp_path,
        env={'PYTHONPATH': str(support), 'PATH': '/usr/bin:/bin'},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1 and 'INTERNALERROR' not in said, said
    assert 'crashed' not in said, said
    results = set(re.findall(r'^(PASSED|FAILED|ERROR) test_hanging\.py::(\w+)', said, re.M))
    assert results == {
        ('PASSED', 'test_passes'),
        ('PASSED', 'test_may_take_longer'),
        ('PASSED', 'test_hangs_at_the_end_of_a_fixture'),
        ('ERROR', 'test_hangs_at_the_end_of_a_fixture'),
        ('ERROR', 'test_hangs_in_a_fixture'),
        ('FAILED', 'test_hangs_in_the_call'),
        ('FAILED', 'test_hangs_for_a_process'),
        ('FAILED', 'test_hangs_for_a_process_twice'),
    }
    assert '22 passed' in said, said
