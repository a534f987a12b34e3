# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables and rates in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table."""
    return [_row(head), _row(['---'] * len(head)), *map(_row, rows)]


def _row(cells: Sequence[object]) -> str:
    return '| ' + ' | '.join(str(cell) for cell in cells) + ' |'


def percent(right: int, of: int) -> str:
    """Format a rate with its counts."""
    return f'{100 * right / of:.1f} % ({right} of {of})' if of else '–'


def interval(rate: Mapping[str, Any]) -> str:
    """Format what `evaluation.statistics.rate` returns: rate, counts and 95 % interval."""
    if not rate['of']:
        return '–'
    return (
        f'{100 * rate["rate"]:.1f} % ({rate["right"]} of {rate["of"]}; '
        f'{100 * rate["low"]:.1f} to {100 * rate["high"]:.1f})'
    )
