# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes that train, without the seconds that TensorFlow takes to load.

Each is forked from a server that has imported TensorFlow and has computed nothing, so it is like a
process of its own in all else: its memory, its variables, its end.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 280.0
"""Seconds that no process may take; each takes a few on an idle core."""

_CONTEXT = multiprocessing.get_context('forkserver')
_PRELOADED = (
    'training.train',
    'training.export',
    'support.train_drawn',
    'support.train_unexported',
)


class Forked:
    """A running process that calls `main` of a module."""

    def __init__(
        self, module: str, arguments: Sequence[object], log: Path, **variables: str
    ) -> None:
        """Start it.

        Args:
            module: of _PRELOADED; its `main` takes arguments and gives an exit code.
            arguments: of the command line.
            log: the file that stderr is written to.
            variables: of the environment.
        """
        # The server takes its path from here when the first process is started.
        path = os.pathsep.join([str(ROOT), str(ROOT / 'test')])
        _CONTEXT.set_forkserver_preload(list(_PRELOADED))
        self._log = log
        before = os.environ.get('PYTHONPATH')
        os.environ['PYTHONPATH'] = path
        try:
            self._process = _CONTEXT.Process(
                target=_run, args=(module, [*map(str, arguments)], str(log), variables)
            )
            self._process.start()
        finally:
            if before is None:
                del os.environ['PYTHONPATH']
            else:
                os.environ['PYTHONPATH'] = before

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something holds while it runs."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self._log.read_text()
            # Ends at once where the process does.
            self._process.join(0.005)
            assert self._process.exitcode is None, self._log.read_text()

    def end(self) -> tuple[int, str]:
        """Wait for it.

        Returns:
            The exit code, or minus the signal that ended it; and all that it wrote to stderr.
        """
        self._process.join(PATIENCE)
        code, said = self._process.exitcode, self._log.read_text()
        assert code is not None, f'still running after {PATIENCE:g} s:\n{said}'
        return code, said

    def kill(self) -> int | None:
        """End it by SIGKILL, if it still runs, and give its exit code."""
        self._process.kill()
        self._process.join()
        return self._process.exitcode


@contextmanager
def forked(
    module: str, arguments: Sequence[object], log: Path, **variables: str
) -> Iterator[Forked]:
    """A process that does not outlive the block."""
    process = Forked(module, arguments, log, **variables)
    try:
        yield process
    finally:
        process.kill()


def _run(module: str, arguments: list[str], log: str, variables: dict[str, str]) -> None:
    for number, path in ((1, os.devnull), (2, log)):
        stream = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(stream, number)
        os.close(stream)
    os.environ.update(variables)
    sys.argv = [module, *arguments]
    sys.exit(importlib.import_module(module).main(arguments))
