# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs subjects in rounds; in each round, every subject runs every case in turn.

So two times of a ratio are measured within seconds of each other. Every other round runs in reverse
order, and every round starts new processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.performance.figures import percentiles, spread
from benchmarks.performance.frames import Case
from mask_proximity.core.errors import MaskProximityError

ROOT = Path(__file__).resolve().parents[2]

PATIENCE = 300.0
"""Seconds that a subject may take to load and for a case."""


class SubjectError(MaskProximityError):
    """A subject has died."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A subject as it is called in a process of its own.

    Attributes:
        key: in the results.
        subject: of subjects.py.
        path: see load_subject.
        size: see load_subject.
    """

    key: str
    subject: str
    path: Path | None = None
    size: int = 0


class _Process:
    """A worker."""

    def __init__(self, contestant: Contestant, folder: Path, archives: Path | None) -> None:
        """Start it; its subject loads meanwhile."""
        self._name = contestant.key
        self._log = folder / f'{contestant.key}.log'
        command = [sys.executable, '-m', 'benchmarks.performance.worker', contestant.subject]
        command += [f'--path={contestant.path}'] if contestant.path else []
        command += [f'--size={contestant.size}']
        command += [f'--archive={archives / contestant.key}.json'] if archives else []
        with self._log.open('wb') as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3', 'CUDA_VISIBLE_DEVICES': '-1'},
                text=True,
            )

    def ask(self, **job: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        watchdog = threading.Timer(PATIENCE, self._process.kill)
        watchdog.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                print(json.dumps(job), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            last = self._log.read_text(encoding='utf-8', errors='replace').strip().splitlines()
            raise SubjectError(
                f'{self._name} has ended before its answer ({last[-1] if last else "silently"})'
            )
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


@contextlib.contextmanager
def _processes(
    contestants: Sequence[Contestant], folder: Path, archives: Path | None
) -> Iterator[dict[str, _Process]]:
    running: dict[str, _Process] = {}
    try:
        for each in contestants:
            running[each.key] = _Process(each, folder, archives)
        yield running
    finally:
        for process in running.values():
            process.close()


def play(
    contestants: Sequence[Contestant],
    cases: Sequence[Case],
    folder: Path,
    *,
    rounds: int,
    seconds: float,
    values: int,
    archives: Path | None = None,
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Time all contestants with all cases.

    Args:
        contestants: in the order of the first round.
        cases: whose frames lie in `folder`.
        folder: see save_frames; logs of the processes are added.
        rounds: how often.
        seconds: for which a contestant works on a case in a round.
        values: frames at least, however long they take.
        archives: folder in which pyperf keeps all single times, a file for each contestant.

    Returns:
        By the name of the case and the key of the contestant: an answer of the worker a round.

    Raises:
        SubjectError: a process has died.
    """
    parts: dict[str, dict[str, list[dict[str, Any]]]] = {
        case.name: {each.key: [] for each in contestants} for case in cases
    }
    bar = tqdm(total=rounds * len(cases) * len(contestants), unit='case', mininterval=2)
    with bar:
        for number in range(rounds):
            order = contestants[:: -1 if number % 2 else 1]
            with _processes(order, folder, archives) as running:
                # All have loaded before anything is timed.
                for process in running.values():
                    process.ask(**_job(cases[0], folder, 0.0, 0))
                for case in cases:
                    for key, process in running.items():
                        bar.set_description(f'{key}, {case.name}', refresh=False)
                        answer = process.ask(**_job(case, folder, seconds, values))
                        parts[case.name][key].append(answer)
                        bar.update()
    return parts


def _job(case: Case, folder: Path, seconds: float, values: int) -> dict[str, Any]:
    frames = str(folder / f'{case.name}.npy')
    return {'frames': frames, 'seconds': seconds, 'values': values, 'name': case.name}


def together(parts: Sequence[Mapping[str, Any]], mixed: bool = False) -> dict[str, Any]:
    """The figures of a contestant in a case, of all rounds; ms and MB.

    Args:
        parts: what the worker has answered.
        mixed: whether some frames are more work than others: then a frame takes the mean, not the
            median of all.
    """
    typical = statistics.fmean if mixed else statistics.median
    rounds = [typical(part['times']) for part in parts]
    return {
        'time': percentiles([value for part in parts for value in part['times']]),
        'rounds': rounds,
        'ms': statistics.median(rounds),
        **{key: spread([part[key] for part in parts]) for key in ('cpu', 'memory', 'allocated')},
        'faces': spread([part['faces'] for part in parts])['median'],
    }


def ratio(above: Mapping[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    """How many times the time of another one is taken, round by round."""
    return spread([a / b for a, b in zip(above['rounds'], below['rounds'], strict=True)])
