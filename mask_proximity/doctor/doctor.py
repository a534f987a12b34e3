# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the checks, each within a bound, and prints what they find."""

from __future__ import annotations

import os
import re
import sys
import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from mask_proximity import __version__
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.doctor import graph, machine, surroundings
from mask_proximity.doctor.children import Child, ChildError
from mask_proximity.doctor.report import Finding, Outcome, Report

Check = Callable[[], Iterable[Finding]]

_LONGEST = 60.0
_NAME = re.compile(r'/?([A-Za-z_]\w*)(/[A-Za-z_]\w*)*/?', re.ASCII)
_LOCAL_BOUND = 40.0
# A child bounds itself; this only catches a child that cannot even be waited for.
_CHILD_BOUND = 2 * _LONGEST


def run_doctor(topic: str, namespace: str, timeout: float) -> int:
    """Print one line per check, and a cure where there is something to cure.

    Args:
        topic: of the images; '' = the one that the detector takes, or image_raw.
        namespace: of the detector; '' = any.
        timeout: seconds that looking at the graph may take.

    Returns:
        The exit code: 0 if nothing has failed, else 1.

    Raises:
        MaskProximityError: an argument cannot be used.
    """
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
    ros = surroundings.has_ros()
    with ExitStack() as stack:
        look = receive = send = None
        if ros:
            # While they look around, the other checks run.
            room = f'/_mask_proximity_doctor/round_trip_{uuid.uuid4().hex[:8]}'
            patience = str(timeout)
            look = Child('probe', 'look', topic, namespace, patience, seconds=timeout)
            receive = Child('probe', 'receive', room, patience, seconds=timeout)
            send = Child('probe', 'send', room, patience, seconds=timeout)
            for child in (look, receive, send):
                stack.callback(child.end)

        report.title(f'mask_proximity {__version__}: this machine')
        for name, check in (
            ('Python', machine.python),
            ('ROS 2', surroundings.ros),
            ('models', machine.model_files),
            ('backends', machine.backends),
            ('OpenCV', machine.opencv),
            ('cameras', machine.cameras),
        ):
            report.add(_bounded(name, check, _LOCAL_BOUND))

        report.title('Middleware')
        if look is None or receive is None or send is None:
            report.add([Finding(Outcome.SKIP, 'middleware', 'no ROS 2 here')])
        else:
            report.add(
                _bounded('middleware', lambda: surroundings.middleware(os.environ), _LOCAL_BOUND)
            )
            report.add(
                _bounded('round trip', lambda: graph.round_trip(send, receive), _CHILD_BOUND)
            )

        report.title('Graph')
        if look is None:
            report.add([Finding(Outcome.SKIP, 'graph', 'no ROS 2 here')])
        else:
            try:
                seen = look.answer()
            except ChildError as error:
                report.add([Finding(Outcome.FAIL, 'graph', str(error))])
            else:
                report.add(_bounded('images', lambda: graph.images(seen), _LOCAL_BOUND))
                report.add(_bounded('detector', lambda: graph.detectors(seen), _LOCAL_BOUND))
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
