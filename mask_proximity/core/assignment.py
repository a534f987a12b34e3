# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Who goes with whom, so that all together cost the least.

scipy.optimize.linear_sum_assignment does the same; but to import it takes half a second and 49 MB,
for a handful of faces.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def cheapest_pairs(costs: Sequence[Sequence[float]], limit: float) -> list[tuple[int, int]]:
    """Pair rows with columns; a row or column that stays alone costs half of `limit`.

    Args:
        costs: of each row with each column; may be infinite, not NaN.
        limit: no pair costs as much as this.

    Returns:
        Rows and columns, each at most once.
    """
    possible = [[column for column, cost in enumerate(row) if cost < limit] for row in costs]
    rows = [row for row, columns in enumerate(possible) if columns]
    best = [min(possible[row], key=costs[row].__getitem__) for row in rows]
    if len(set(best)) == len(best):
        # Nobody wants what another one wants: nearly always so.
        return list(zip(rows, best, strict=True))
    columns = sorted({column for row in rows for column in possible[row]})
    pairs = _complete([[min(costs[row][column], limit) for column in columns] for row in rows])
    found = ((rows[row], columns[column]) for row, column in pairs)
    return [(row, column) for row, column in found if costs[row][column] < limit]


def _complete(costs: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Pair each row with a column, or each column with a row, whatever there are fewer of.

    By shortest augmenting paths: R. Jonker and A. Volgenant, A Shortest Augmenting Path Algorithm
    for Dense and Sparse Linear Assignment Problems, 1987.
    """
    if len(costs) > len(costs[0]):
        return [(row, column) for column, row in _complete(list(zip(*costs, strict=True)))]
    width = len(costs[0])
    row_of: list[int | None] = [None] * width
    # A pair costs at least what its row and its column are worth together.
    row_worth, column_worth = [0.0] * len(costs), [0.0] * width
    for start in range(len(costs)):
        # The cheapest way from this row, over pairs that are taken apart, to a column that is free.
        lengths, before = [math.inf] * width, [-1] * width
        unseen = set(range(width))
        row: int | None = start
        column, length = -1, 0.0
        while row is not None:
            for other in unseen:
                way = length + costs[row][other] - row_worth[row] - column_worth[other]
                if way < lengths[other]:
                    lengths[other], before[other] = way, column
            column = min(unseen, key=lengths.__getitem__)
            unseen.remove(column)
            length, row = lengths[column], row_of[column]
        row_worth[start] += length
        for seen, owner in enumerate(row_of):
            if seen not in unseen and owner is not None:
                row_worth[owner] += length - lengths[seen]
                column_worth[seen] -= length - lengths[seen]
        while column >= 0:
            row_of[column] = start if before[column] < 0 else row_of[before[column]]
            column = before[column]
    return [(row, column) for column, row in enumerate(row_of) if row is not None]
