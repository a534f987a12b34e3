# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast each backend is, and what the doctor makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from mask_proximity.core.perception.net_speed import NetTimings
from mask_proximity.doctor import machine, speeds
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.doctor.subprocesses import Child


@pytest.fixture
def start() -> Iterator[Callable[[Child], Child]]:
    with ExitStack() as stack:

        def started(child: Child) -> Child:
            stack.callback(child.end)
            return child

        yield started


@pytest.fixture
def nets(start: Callable[[Child], Child]) -> Child:
    return start(Child('nets', seconds=60.0))


def by_subject(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


@pytest.mark.litert
def test_every_backend_is_measured(nets: Child, start: Callable[[Child], Child]) -> None:
    found = by_subject(speeds.speeds(nets, machine.is_installed, start))
    assert re.fullmatch(
        r'\d+\.\d ms a face, \d+\.\d ms for 8 \(the default\)', found['masks, litert'].text
    )
    assert re.fullmatch(r'\d+\.\d ms a face, \d+\.\d ms for 8', found['masks, opencv'].text)
    assert re.match(r'\d+\.\d ms a picture', found['faces, opencv'].text)
    assert sum('(the default)' in finding.text for finding in found.values()) == 2
    assert re.match(
        r'the nets take \d+ images per second with one face, \d+ with 8 \(', found['camera'].text
    )


def test_what_is_not_installed_is_not_measured(
    nets: Child, start: Callable[[Child], Child]
) -> None:
    found = by_subject(speeds.speeds(nets, lambda _: False, start))
    assert found.keys() == {'camera'} and found['camera'].outcome is Outcome.SKIP


def test_a_backend_that_ends_its_process_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, nets: Child, start: Callable[[Child], Child]
) -> None:
    monkeypatch.setattr(speeds, '_MEASURED', {'face_backend': ('of_nobody',)})
    found = by_subject(speeds.speeds(nets, lambda _: True, start))
    broken = found['faces, of_nobody']
    assert broken.outcome is Outcome.WARN and 'cannot be used here' in broken.text
    assert broken.fix == 'set face_backend to another backend'


@pytest.mark.parametrize(
    ('face', 'batch', 'words'),
    [
        (0.005, 0.005, 'fast enough for a camera of 60 Hz'),
        (0.005, 0.020, 'fast enough for a camera of 60 Hz with one face, of 30 Hz with 8'),
        (0.040, 0.400, 'fast enough for a camera of 15 Hz with one face, for none with 8'),
        (1.000, 2.000, 'too slow for a camera of 5 Hz'),
    ],
)
def test_which_camera_the_machine_keeps_up_with(face: float, batch: float, words: str) -> None:
    finding = speeds.camera_rate(NetTimings(face, 0.002, ((8, batch),)), litert=True)
    assert finding.text.endswith(f': {words}')
    assert re.search(r'\(\d+ threads?; \d+ of \d+ cores?\)', finding.text)


def test_a_machine_that_is_too_slow_is_told_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = NetTimings(0.1, 0.01), NetTimings(0.01, 0.002)
    assert speeds.camera_rate(quick, litert=False).outcome is Outcome.OK
    monkeypatch.setattr(speeds, 'cores', lambda: 4)
    finding = speeds.camera_rate(slow, litert=False)
    assert finding.outcome is Outcome.WARN and 'lower face_input_size' in finding.fix
    assert 'raise threads to 4' in finding.fix
    assert finding.command == 'pip install ai-edge-litert'
    monkeypatch.setattr(speeds, 'cores', lambda: 2)
    finding = speeds.camera_rate(slow, litert=True)
    assert 'threads' not in finding.fix and not finding.command


def test_what_runs_beside_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, 'cores', lambda: 2)
    assert not list(speeds.concurrent_load(0.3, []))
    (busy,) = speeds.concurrent_load(3.0, ['/robot1/detector_node'])
    assert busy.outcome is Outcome.SKIP
    assert 'this machine is busy (load 3.0 on 2 cores)' in busy.text
    assert '/robot1/detector_node may run on it' in busy.text
