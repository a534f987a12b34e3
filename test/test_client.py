# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The public door, and the paths of 0.5 that lead to it."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from builtin_interfaces.msg import Duration, Time
from std_msgs.msg import Header

from mask_proximity import client
from mask_proximity.client import AlertMonitor, Level
from mask_proximity.core.types import NANOSECONDS
from mask_proximity.msg import ProximityAlert

STAMP = 1_000 * NANOSECONDS
LATENCY = NANOSECONDS // 10
VALID_FOR = 3 * NANOSECONDS // 2
PUBLISHED = STAMP + LATENCY


def alert(level: int = ProximityAlert.CLEAR) -> ProximityAlert:
    return ProximityAlert(
        header=Header(stamp=Time(sec=STAMP // NANOSECONDS)),
        level=level,
        latency=Duration(nanosec=LATENCY),
        valid_for=Duration(sec=1, nanosec=NANOSECONDS // 2),
    )


def test_all_that_is_public_is_there() -> None:
    assert client.__all__ == ['ALERT_QOS', 'AlertMonitor', 'Level', 'MaskState', 'Reason']
    assert all(hasattr(client, name) for name in client.__all__)


def test_the_values_are_those_of_the_message() -> None:
    assert {level.name: level.value for level in Level} == {
        name: getattr(ProximityAlert, name) for name in Level.__members__
    }
    assert all(
        getattr(ProximityAlert, f'REASON_{each.name}') == each.value for each in client.Reason
    )


def test_a_monitor_without_an_alert_is_unknown() -> None:
    assert AlertMonitor().level(PUBLISHED) is Level.UNKNOWN


@pytest.mark.parametrize('level', [Level.CLEAR, Level.CAUTION, Level.ALERT])
def test_an_alert_holds_for_its_time_by_either_clock(level: Level) -> None:
    monitor = AlertMonitor()
    monitor.update_from_message(alert(level))
    steady = time.monotonic_ns()
    assert monitor.level(PUBLISHED + VALID_FOR, steady) is level
    assert monitor.level(PUBLISHED + VALID_FOR + 1, steady) is Level.UNKNOWN
    # The node's clock stands still.
    assert monitor.level(PUBLISHED, steady + VALID_FOR) is Level.UNKNOWN


def test_the_steady_clock_is_asked_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = AlertMonitor()
    monitor.update_from_message(alert())
    later = time.monotonic_ns() + 2 * VALID_FOR
    monkeypatch.setattr(time, 'monotonic_ns', lambda: later)
    assert monitor.level(PUBLISHED) is Level.UNKNOWN


def test_a_level_of_a_newer_version_is_unknown() -> None:
    monitor = AlertMonitor()
    monitor.update_from_message(alert(200))
    assert monitor.level(PUBLISHED) is Level.UNKNOWN


MOVED = {
    'mask_proximity.core.expiry': 'AlertMonitor',
    'mask_proximity.nodes.conversions': 'nanoseconds',
    'mask_proximity.nodes.qos': 'ALERT',
    'mask_proximity.nodes.runner': 'run',
}


@pytest.mark.parametrize(('module', 'name'), MOVED.items())
def test_a_path_of_0_5_works_and_warns(module: str, name: str) -> None:
    with pytest.warns(FutureWarning, match=f'{module} is deprecated .* mask_proximity.client'):
        assert getattr(importlib.import_module(module), name) is not None


@pytest.mark.parametrize('name', ['image_from_message', 'image_message', 'truth_message'])
def test_what_has_left_conversions_is_found_by_its_path_of_0_5(name: str) -> None:
    with pytest.warns(FutureWarning, match='nodes.conversions is deprecated'):
        assert callable(getattr(importlib.import_module('mask_proximity.nodes.conversions'), name))


def test_what_was_never_there_is_not_found() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        with pytest.raises(AttributeError, match='no attribute'):
            _ = importlib.import_module('mask_proximity.nodes.qos').nothing_of_the_kind


def test_the_warning_is_shown_and_names_the_line_of_the_user(tmp_path: Path) -> None:
    script = tmp_path / 'node_of_0_5.py'
    script.write_text('import sys\n\nfrom mask_proximity.core.expiry import AlertMonitor\n')
    done = subprocess.run(
        # As a module, as a robot starts a node: there DeprecationWarning is not shown.
        [sys.executable, '-c', 'import node_of_0_5'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert 'node_of_0_5.py:3: FutureWarning: mask_proximity.core.expiry' in done.stderr
