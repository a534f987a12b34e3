# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts the doctor's child processes in the caller's environment, with a time limit each."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mask_proximity.core.errors import MaskProximityError

IMAGES_SENT = 20
WIDTH, HEIGHT = 1280, 720
"""Number and size of the images that the round trip sends."""

NO_ANSWER = 'no answer'
"""Stands for the state of a detector that has not answered."""

BATCH_SIZE = 8
"""Number of faces in the batch that the mask classifier is measured with, besides a single face."""

# Seconds to start Python and its libraries on a slow machine, and to leave the graph.
_MARGIN = 15.0
# Imports the package that runs the doctor, even if there is another in the caller's folder.
_CODE = (
    'import sys; sys.path[:1] = [sys.argv.pop(1)]; '
    'from mask_proximity.doctor import {module}; {module}.main(sys.argv[1:])'
)


class ChildError(MaskProximityError):
    """A child process of the doctor gave no answer; the text says why."""


class Child:
    """A running child process."""

    def __init__(self, module: str, *arguments: str, seconds: float) -> None:
        """Start the process.

        Args:
            module: Module of this package, with a `main` that prints one JSON object.
            arguments: Arguments of `main`.
            seconds: Time limit for its work.
        """
        self._deadline = time.monotonic() + seconds + _MARGIN
        home = str(Path(__file__).resolve().parents[2])
        self._process = subprocess.Popen(
            [sys.executable, '-c', _CODE.format(module=module), home, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors='replace',
        )
        self._answer: dict[str, Any] | None = None

    def answer(self) -> dict[str, Any]:
        """Wait for the answer, at most until the time limit; later calls return the same one.

        Raises:
            ChildError: There is no answer.
        """
        if self._answer is None:
            self._answer = self._wait_for_answer()
        return self._answer

    def _wait_for_answer(self) -> dict[str, Any]:
        try:
            out, err = self._process.communicate(timeout=self._deadline - time.monotonic())
        except subprocess.TimeoutExpired:
            self.end()
            raise ChildError('it did not answer in time') from None
        try:
            answer: dict[str, Any] = json.loads(out.splitlines()[-1])
        except (IndexError, ValueError):
            raise ChildError(
                f'it cannot be used here: {_last_words(err)} (exit code {self._process.returncode})'
            ) from None
        return answer

    def end(self) -> None:
        """End the process, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(3.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _last_words(err: str) -> str:
    """The last line of stderr, without what ROS adds to say where the error occurred."""
    last = next((line.strip() for line in reversed(err.splitlines()) if line.strip()), '')
    last = re.sub(r'^(\[[^]]*\]\s*)+:\s*', '', last)
    return re.sub(r',? at \S+:\d+$', '', last) or 'no reason was given'
