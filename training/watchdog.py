# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Ends a process that waits for ever.

TensorFlow waits for another machine in C++, in part with Python's lock held: no exception and no
thread of the process reaches it. So the watchdog is a process of its own.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys


class Watchdog:
    """Kills this process, with a sentence on stderr, unless it is restarted in time."""

    def __init__(self, seconds: float, sentence: str) -> None:
        """Start.

        Args:
            seconds: until it kills.
            sentence: says why, and what to do.
        """
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(seconds), str(os.getpid()), sentence],
            stdin=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is this process's to handle.
        )

    def restart(self) -> None:
        """Begin to count anew."""
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):
            os.write(pipe.fileno(), b'.')

    def stop(self) -> None:
        """Watch no longer."""
        self._process.communicate()


def watch(seconds: float, process: int, sentence: str) -> None:
    """Kill a process unless something comes by stdin in time; its end ends this, too."""
    while select.select([sys.stdin], [], [], seconds)[0]:
        if not os.read(sys.stdin.fileno(), 4096):
            return
    print(f'error: {sentence}', file=sys.stderr, flush=True)
    os.kill(process, signal.SIGKILL)


if __name__ == '__main__':
    watch(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
