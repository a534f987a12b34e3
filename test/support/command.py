# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask-proximity command, as a user starts it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mask_proximity import environment

PATIENCE = 110.0
"""Seconds; a bound, not an expectation."""


def start(*arguments: str, domain: int) -> subprocess.Popen[str]:
    """Start the command in a ROS domain of the test's own."""
    program = environment.prefix() / 'lib' / 'mask_proximity' / 'mask-proximity'
    return subprocess.Popen(
        [sys.executable, str(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            'ROS_DOMAIN_ID': str(domain),
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        },
    )


def wait_until(process: subprocess.Popen[str], condition: Callable[[], object]) -> None:
    """Wait until something holds while a process runs."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Ends at once where the process does.
            process.wait(0.02)
        assert process.poll() is None


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the exit code and all that was printed."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, out, err


def processes_with(text: str) -> list[str]:
    """The command lines of running processes that hold a text."""
    found = []
    for entry in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            line = entry.read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if text.encode() in line:
            found.append(line.replace(b'\0', b' ').decode(errors='replace'))
    return found
