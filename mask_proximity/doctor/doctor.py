# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the checks, each within a bound, and prints what they find."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from mask_proximity import __version__
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.doctor import ros_checks
from mask_proximity.doctor.report import Finding, Outcome, Report
from mask_proximity.doctor.subprocesses import Child, ChildError

Check = Callable[[], Iterable[Finding]]

_LONGEST = 60.0
_NAME = re.compile(r'/?([A-Za-z_]\w*)(/[A-Za-z_]\w*)*/?', re.ASCII)
_LOCAL_BOUND = 40.0
_LOADING_BOUND = 15.0
_ROUND_TRIP_BOUND = 8.0
# A child bounds itself; this only catches a child that cannot even be waited for.
_CHILD_BOUND = 120.0


def run_doctor(topic: str, namespace: str, timeout: float, speed: bool = True) -> int:
    """Print one line per check, and a fix where there is something to fix.

    Why there is no output comes first, as soon as it is known; what takes longer comes behind.

    Args:
        topic: of the images; '' = the one that the detector takes, or image_raw.
        namespace: of the detector; '' = any.
        timeout: seconds that what is missing on the graph is waited for.
        speed: whether to measure the backends, too.

    Returns:
        The exit code: 0 if nothing has failed, else 1.

    Raises:
        MaskProximityError: an argument cannot be used.
    """
    begin, load = time.monotonic(), os.getloadavg()[0]
    if not 0.0 < timeout <= _LONGEST:
        raise MaskProximityError(
            f'--timeout is {timeout:g}; expected seconds, more than 0 and at most {_LONGEST:g}'
        )
    if topic and not _NAME.fullmatch(topic):
        raise MaskProximityError(f'--topic {topic!r} is no topic name, such as /front/image_raw')
    if namespace and not _NAME.fullmatch(namespace):
        raise MaskProximityError(f'--namespace {namespace!r} is no namespace, such as /robot1')
    namespace = f'/{namespace.strip("/")}'
    report = Report(sys.stdout)
    with ExitStack() as stack:

        def started(child: Child) -> Child:
            stack.callback(child.end)
            return child

        look = None
        if ros_checks.has_ros():
            arguments = ('graph_probe_main', topic, namespace, str(timeout))
            look = started(Child(*arguments, seconds=timeout))
        # Not above: OpenCV takes a while to load, and the child is to be on its way by then.
        from mask_proximity.doctor import graph_checks, machine, speeds

        report.title(f'mask_proximity {__version__}')
        seen = None
        if look is None:
            report.title('Graph')
            report.add([Finding(Outcome.SKIP, 'graph', 'no ROS 2 here')])
        else:
            fault = ''
            try:
                seen = look.answer()
            except ChildError as error:
                fault = str(error)
            report.title(f'Graph ({time.monotonic() - begin:.1f} s after the start)')
            if seen is None:
                report.add([Finding(Outcome.FAIL, 'graph', fault)])
            else:
                report.add(_bounded('images', lambda: graph_checks.images(seen), _LOCAL_BOUND))
                report.add(_bounded('detector', lambda: graph_checks.detectors(seen), _LOCAL_BOUND))

        receive = send = None
        if look is not None:
            # While they send and receive, the other checks run.
            room = f'/_mask_proximity_doctor/round_trip_{uuid.uuid4().hex[:8]}'
            patience = str(_ROUND_TRIP_BOUND)
            receive = started(Child('probe', 'receive', room, patience, seconds=_ROUND_TRIP_BOUND))
            send = started(Child('probe', 'send', room, patience, seconds=_ROUND_TRIP_BOUND))
        nets = started(Child('nets', seconds=_LOADING_BOUND))
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

        report.title('Middleware')
        if receive is None or send is None:
            report.add([Finding(Outcome.SKIP, 'middleware', 'no ROS 2 here')])
        else:
            report.add(
                _bounded('middleware', lambda: ros_checks.middleware(os.environ), _LOCAL_BOUND)
            )
            report.add(
                _bounded('round trip', lambda: graph_checks.round_trip(send, receive), _CHILD_BOUND)
            )

        if speed:
            # Last, and alone.
            report.title('NetTimings')
            report.add(speeds.speeds(nets, machine.is_installed, started))
            detectors = [detector['name'] for detector in seen['detectors']] if seen else []
            report.add(speeds.beside(load, detectors))
    report.end()
    return 1 if report.failed else 0


def _bounded(name: str, check: Check, seconds: float) -> list[Finding]:
    """What a check finds; that it found nothing in time, or broke, is a finding too."""
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
