# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts the processes of probe.py in the caller's own environment, and bounds them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mask_proximity.core.errors import MaskProximityError

IMAGES_SENT = 10
WIDTH, HEIGHT = 1280, 720
"""What the probes send to each other."""

# To start Python and ROS on a slow machine, and to leave the graph.
_MARGIN = 15.0
# The package that runs the doctor, and not one that lies in the caller's folder.
_CODE = (
    'import sys; sys.path[:1] = [sys.argv.pop(1)]; '
    'from mask_proximity.doctor import probe; probe.main(sys.argv[1:])'
)


class ProbeError(MaskProximityError):
    """A child process of the doctor gave no answer; the text says why."""


class Child:
    """A running probe."""

    def __init__(self, job: str, *arguments: str, seconds: float) -> None:
        """Start it.

        Args:
            job: of probe.main.
            arguments: of the job.
            seconds: that it may take for itself.
        """
        self._job = job
        self._deadline = time.monotonic() + seconds + _MARGIN
        home = str(Path(__file__).resolve().parents[2])
        self._process = subprocess.Popen(
            [sys.executable, '-c', _CODE, home, job, *arguments, str(seconds)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors='replace',
        )

    def answer(self) -> dict[str, Any]:
        """Wait for its answer, within its bound.

        Raises:
            ProbeError: there is none.
        """
        try:
            out, err = self._process.communicate(timeout=self._deadline - time.monotonic())
        except subprocess.TimeoutExpired:
            self.end()
            raise ProbeError('ROS 2 did not answer in time') from None
        try:
            answer: dict[str, Any] = json.loads(out.splitlines()[-1])
        except (IndexError, ValueError):
            # Its last words are the reason; the lines before say where, which is no help here.
            last = next((line for line in reversed(err.splitlines()) if line.strip()), '')
            raise ProbeError(
                f'ROS 2 cannot be used here: {last.strip() or "no reason was given"} '
                f'(exit code {self._process.returncode})'
            ) from None
        return answer

    def end(self) -> None:
        """End it, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(3.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
