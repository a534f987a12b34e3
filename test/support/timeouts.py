# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: a test that takes too long fails alone, and the run goes on.

pytest-timeout's alarm can strike in the code of pytest itself, between two phases of a test, and
ends the whole run then. Here it is set only while a fixture or a test runs, where pytest expects
whatever exception there may be. Setting up, the test itself and tearing down have the bound each.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

OPTION = 'test_timeout'
LAST_RESORT = 4.0
"""Times the bound, after which a process that takes no signal is ended; xdist starts another."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(OPTION, 'seconds that no phase of a test may take', default='240')


def _bound(item: pytest.Item) -> float:
    mark = item.get_closest_marker('timeout')
    return float(mark.args[0] if mark else item.config.getini(OPTION))


@contextmanager
def _bounded(item: pytest.Item, phase: str) -> Iterator[None]:
    seconds = _bound(item)

    def stop(*_: object) -> None:
        pytest.fail(f'{phase} took more than {seconds:g} s')

    before = signal.signal(signal.SIGALRM, stop)
    # Again and again, as the way out of a test may wait as well, e.g. for a process to end.
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    # The copy of the stream that pytest captures nothing of, where there is one.
    faulthandler.dump_traceback_later(LAST_RESORT * seconds, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with _bounded(item, 'Setting up'):
        yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with _bounded(item, 'The test'):
        yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    with _bounded(item, 'Tearing down'):
        yield
