# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Kills a process that hangs.

TensorFlow waits for other machines in C++, partly with the GIL held, where no exception and no
thread of the process can interrupt it. So the watchdog is a process of its own.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys


class Watchdog:
    """Kills this process, with a message on stderr, unless it is restarted in time."""

    def __init__(self, seconds: float, sentence: str) -> None:
        """Start the timer.

        Args:
            seconds: Time until the process is killed.
            sentence: Message that says why, and what to do.
        """
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(seconds), str(os.getpid()), sentence],
            stdin=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C must not reach it.
        )

    def restart(self) -> None:
        """Restart the timer."""
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):
            os.write(pipe.fileno(), b'.')

    def stop(self) -> None:
        """Stop the timer."""
        self._process.communicate()


def watch(seconds: float, process: int, sentence: str) -> None:
    """Kill a process unless bytes arrive on stdin in time. Returns when stdin is closed."""
    while select.select([sys.stdin], [], [], seconds)[0]:
        if not os.read(sys.stdin.fileno(), 4096):
            return
    print(f'error: {sentence}', file=sys.stderr, flush=True)
    os.kill(process, signal.SIGKILL)


if __name__ == '__main__':
    watch(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
