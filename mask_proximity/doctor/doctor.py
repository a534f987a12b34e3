# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the checks, each within a time limit, and prints what they find."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from mask_proximity import __version__
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.doctor import ros_checks
from mask_proximity.doctor.report import Finding, Outcome, Report
from mask_proximity.doctor.subprocesses import Child, ChildError

Check = Callable[[], Iterable[Finding]]

_MAX_TIMEOUT = 60.0
_NAME = re.compile(r'/?([A-Za-z_]\w*)(/[A-Za-z_]\w*)*/?', re.ASCII)
# Time limits, in seconds.
_LOCAL_BOUND = 40.0
_LOADING_BOUND = 15.0
_ROUND_TRIP_BOUND = 8.0
# A child has a limit of its own; this one only catches a child that cannot even be waited for.
_CHILD_BOUND = 120.0


def run_doctor(topic: str, namespace: str, timeout: float, speed: bool = True) -> int:
    """Print one line per check, and a fix if there is something to fix.

    The reason for missing output is printed first, as soon as it is known; slower checks follow.

    Args:
        topic: Topic of the images; '' means the one that the detector subscribes to, or image_raw.
        namespace: Namespace of the detector; '' means any.
        timeout: How long to wait for what is missing on the graph, seconds.
        speed: Whether to measure the backends, too.

    Returns:
        The exit code: 0 if nothing has failed, otherwise 1.

    Raises:
        MaskProximityError: An argument is invalid.
    """
    begin, load = time.monotonic(), os.getloadavg()[0]
    _check_arguments(topic, namespace, timeout)
    report = Report(sys.stdout)
    with ExitStack() as stack:

        def start(child: Child) -> Child:
            stack.callback(child.end)
            return child

        probe = None
        if ros_checks.has_ros():
            arguments = (topic, f'/{namespace.strip("/")}', str(timeout))
            probe = start(Child('graph_probe_main', *arguments, seconds=timeout))
        report.title(f'mask_proximity {__version__}')
        graph = _report_graph(report, probe, begin)
        # The round trip runs in the background while the machine is checked.
        round_trip = _start_round_trip(start) if probe is not None else None
        nets = start(Child('nets', seconds=_LOADING_BOUND))
        _report_machine(report, nets)
        _report_middleware(report, round_trip)
        if speed:
            # Last, because nothing else may run while the nets are measured.
            _report_speed(report, nets, start, load, graph)
    report.end()
    return 1 if report.failed else 0


def _check_arguments(topic: str, namespace: str, timeout: float) -> None:
    if not 0.0 < timeout <= _MAX_TIMEOUT:
        raise MaskProximityError(
            f'--timeout is {timeout:g}; expected seconds, more than 0 and at most {_MAX_TIMEOUT:g}'
        )
    if topic and not _NAME.fullmatch(topic):
        raise MaskProximityError(f'--topic {topic!r} is not a topic name, such as /front/image_raw')
    if namespace and not _NAME.fullmatch(namespace):
        raise MaskProximityError(f'--namespace {namespace!r} is not a namespace, such as /robot1')


def _report_graph(report: Report, probe: Child | None, begin: float) -> dict[str, Any] | None:
    """Report images and detectors; return what the graph probe has found, if anything."""
    # Imported only now, because OpenCV takes a while to load and the probe had to start first.
    from mask_proximity.doctor import graph_checks

    if probe is None:
        report.title('Graph')
        report.add([Finding(Outcome.SKIP, 'graph', 'no ROS 2 here')])
        return None
    fault, graph = '', None
    try:
        graph = probe.answer()
    except ChildError as error:
        fault = str(error)
    report.title(f'Graph ({time.monotonic() - begin:.1f} s after the start)')
    if graph is None:
        report.add([Finding(Outcome.FAIL, 'graph', fault)])
        return None
    report.add(_bounded('images', lambda: graph_checks.images(graph), _LOCAL_BOUND))
    report.add(_bounded('detector', lambda: graph_checks.detectors(graph), _LOCAL_BOUND))
    return graph


def _start_round_trip(start: Callable[[Child], Child]) -> tuple[Child, Child]:
    """Start the sender and the receiver of the images, and return them in this order."""
    topic = f'/_mask_proximity_doctor/round_trip_{uuid.uuid4().hex[:8]}'
    arguments = (topic, str(_ROUND_TRIP_BOUND))
    receiver = start(Child('probe', 'receive', *arguments, seconds=_ROUND_TRIP_BOUND))
    sender = start(Child('probe', 'send', *arguments, seconds=_ROUND_TRIP_BOUND))
    return sender, receiver


def _report_machine(report: Report, nets: Child) -> None:
    from mask_proximity.doctor import machine

    report.title('This machine')
    for name, check in (
        ('Python', machine.python),
        ('ROS 2', ros_checks.ros),
        ('models', machine.model_files),
        ('backends', lambda: machine.backends(nets)),
        ('video', machine.video),
        ('cameras', machine.cameras),
    ):
        report.add(_bounded(name, check, _LOCAL_BOUND))


def _report_middleware(report: Report, round_trip: tuple[Child, Child] | None) -> None:
    from mask_proximity.doctor import graph_checks

    report.title('Middleware')
    if round_trip is None:
        report.add([Finding(Outcome.SKIP, 'middleware', 'no ROS 2 here')])
        return
    sender, receiver = round_trip
    report.add(_bounded('middleware', lambda: ros_checks.middleware(os.environ), _LOCAL_BOUND))
    report.add(
        _bounded('round trip', lambda: graph_checks.round_trip(sender, receiver), _CHILD_BOUND)
    )


def _report_speed(
    report: Report,
    nets: Child,
    start: Callable[[Child], Child],
    load: float,
    graph: dict[str, Any] | None,
) -> None:
    from mask_proximity.doctor import machine, speeds

    report.title('Speed')
    report.add(speeds.speeds(nets, machine.is_installed, start))
    detectors = [detector['name'] for detector in graph['detectors']] if graph else []
    report.add(speeds.concurrent_load(load, detectors))


def _bounded(name: str, check: Check, seconds: float) -> list[Finding]:
    """The findings of a check; that it broke or exceeded its time limit is a finding, too."""
    findings: list[Finding] = []

    def run() -> None:
        try:
            findings.extend(check())
        except MaskProximityError as error:
            findings.append(Finding(Outcome.FAIL, name, str(error)))
        except Exception as error:
            text = f'this check itself broke ({type(error).__name__}: {error})'
            findings.append(Finding(Outcome.FAIL, name, text))

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return [Finding(Outcome.FAIL, name, f'this check did not end within {seconds:g} s')]
    return findings
