# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The mask-proximity command, as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mask_proximity import environment


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


def finish(process: subprocess.Popen[str], seconds: float = 240.0) -> tuple[int, str, str]:
    """Wait for the exit code and all that was printed."""
    try:
        out, err = process.communicate(timeout=seconds)
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
