# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The command: measures the figures, compares them with the baseline, and reports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2

from benchmarks.guard import baseline
from benchmarks.guard.baseline import Baseline
from benchmarks.guard.errors import GuardError, MissingError
from benchmarks.guard.figures import FIGURES, Figure
from benchmarks.guard.verdict import MARGIN, Verdict, judge
from benchmarks.performance.results import machine
from mask_proximity.core.errors import OutputError

_WIDTH = max(len(figure.name) for figure in FIGURES)


def main(arguments: Sequence[str] | None = None, figures: tuple[Figure, ...] = FIGURES) -> int:
    """Run the command.

    Returns:
        0 if all is well, 1 if a figure got worse, 2 if the guard itself cannot work.
    """
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.guard',
        description=f'Fail if a figure is more than {MARGIN:.0%} behind its baseline, twice.',
    )
    parser.add_argument('--update', action='store_true', help='write the baseline anew instead')
    parser.add_argument(
        '--baseline', type=Path, default=baseline.PATH, help='file (default: the committed one)'
    )
    options = parser.parse_args(arguments)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        known = Baseline.load(options.baseline)
        if options.update:
            return _update(known, options.baseline, figures)
        return _check(known, figures)
    except (GuardError, OutputError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        cv2.setNumThreads(threads)


def _check(known: Baseline, figures: tuple[Figure, ...]) -> int:
    here = machine()
    for change in known.changes(here):
        print(f'Not as in the baseline: {change}.')
    print(f'{"figure":<{_WIDTH}} {"baseline":>10} {"now":>10} {"change":>7}')
    compared = 0
    failed: list[str] = []
    improved: list[str] = []
    for figure in figures:
        was = known.value(figure, here)
        if isinstance(was, str):
            print(f'{figure.name:<{_WIDTH}} not compared: {was}')
            continue
        try:
            verdict = judge(was, figure.measure)
        except MissingError as error:
            print(f'{figure.name:<{_WIDTH}} not compared: {error}')
            continue
        compared += 1
        print(_row(figure, verdict), flush=True)
        if verdict.failed:
            failed.append(_complaint(figure, verdict))
        if verdict.improved:
            improved.append(figure.name)
    if not compared:
        raise GuardError(f'Nothing could be compared: write a baseline by {baseline.WRITE}.')
    if improved:
        print(
            f'Better by more than {MARGIN:.0%}: {", ".join(improved)}. Keep it so: write the '
            f'baseline anew by {baseline.WRITE}.'
        )
    for sentence in failed:
        print(sentence, file=sys.stderr)
    return 1 if failed else 0


def _update(known: Baseline, path: Path, figures: tuple[Figure, ...]) -> int:
    measured: dict[str, list[float]] = {}
    for figure in figures:
        try:
            measured[figure.name] = [
                round(figure.measure(), figure.digits) for _ in range(figure.repeats)
            ]
        except MissingError as error:
            print(f'{figure.name:<{_WIDTH}} not measured: {error}')
            continue
        values = [_shown(figure, value) for value in sorted(measured[figure.name])]
        print(f'{figure.name:<{_WIDTH}} {values[0]} to {values[-1]}', flush=True)
    known.updated(measured, figures, machine()).save(path)
    print(f'Written to {path.name}: commit it, and say in the commit why the figures changed.')
    return 0


def _shown(figure: Figure, value: float) -> str:
    return f'{value:,.{figure.digits}f}'


def _row(figure: Figure, verdict: Verdict) -> str:
    was, now = _shown(figure, verdict.baseline), _shown(figure, min(verdict.measured))
    note = ' TOO MUCH, twice' if verdict.failed else ''
    note = note or (' fine the second time' if len(verdict.measured) > 1 else '')
    return f'{figure.name:<{_WIDTH}} {was:>10} {now:>10} {verdict.change:>+7.1%}{note}'


def _complaint(figure: Figure, verdict: Verdict) -> str:
    first, second = (_shown(figure, value) for value in verdict.measured)
    return (
        f'{figure.name}: {_shown(figure, verdict.baseline)} in the baseline, {first} and {second} '
        f'now, and {_shown(figure, verdict.limit)} is the limit: mend what made it worse, or, if '
        f'it is worth it, run {baseline.WRITE} and give the reason in the commit.'
    )
