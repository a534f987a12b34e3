# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure, and write docs/performance.md: `make bench`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# At the end of the path: the source tree's own mask_proximity lacks the messages.
sys.path[:] = [*(each for each in sys.path if Path(each).resolve() != ROOT), str(ROOT)]
from benchmarks.performance import page, results  # noqa: E402
from benchmarks.performance.subjects import PEERS  # noqa: E402
from mask_proximity.core.errors import MaskProximityError  # noqa: E402

_LONG = ('endurance', 'memory')
"""Only if asked for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks and write the page."""
    options = _parser().parse_args(argv)
    options.peers = dict(options.peer)
    names = options.only
    if names is None:
        names = [name for name in page.MODULES if name not in _LONG]
    if options.page:
        names = []
    try:
        for name in names:
            benchmark = page.module(name)
            if benchmark is None:
                continue
            print(f'{name}: {str(benchmark.__doc__).splitlines()[0]}', flush=True)
            result = benchmark.measure(options)
            if result is None:
                print(f'{name}: left out, in a hurry or without what it needs')
                continue
            results.save(name, result, options.results)
        pictures = options.output.resolve().parent / 'images'
        page.write(options.output, pictures, options.results)
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(f'{options.output} is written')
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='python -m benchmarks.performance', description=__doc__)
    parser.add_argument(
        '--only',
        nargs='+',
        choices=page.MODULES,
        metavar='NAME',
        help=f'of {", ".join(page.MODULES)} (default: all but {", ".join(_LONG)})',
    )
    parser.add_argument('--page', action='store_true', help='measure nothing, only write the page')
    parser.add_argument('--quick', action='store_true', help='few cases and repeats')
    parser.add_argument('--rounds', type=int, help='of interleaved processes')
    parser.add_argument('--seconds', type=float, help='for each thing that is timed, in a round')
    parser.add_argument('--faces', type=int, nargs='+', help='numbers of drawn faces')
    parser.add_argument('--pictures', type=Path, help='your own frames: a folder, or a video')
    parser.add_argument('--minutes', type=float, help='that the endurance takes')
    parser.add_argument('--memory-minutes', type=float, help='that the memory takes')
    parser.add_argument(
        '--peer',
        type=_peer,
        action='append',
        default=[],
        metavar='NAME=DIR',
        help=f"files of others' models: {', '.join(PEERS)}",
    )
    parser.add_argument('--results', type=Path, default=results.FOLDER, help='folder of the JSON')
    parser.add_argument('--output', type=Path, default=ROOT / 'docs' / 'performance.md')
    return parser


def _peer(text: str) -> tuple[str, Any]:
    name, _, path = text.partition('=')
    if name not in PEERS or not Path(path).is_dir():
        raise argparse.ArgumentTypeError(
            f'{text}: expected NAME=DIR with a NAME of {", ".join(PEERS)} and a folder'
        )
    return name, Path(path)


if __name__ == '__main__':
    sys.exit(main())
