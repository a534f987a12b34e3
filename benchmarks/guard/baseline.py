# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The committed baseline: the value of each figure, and the machine that it was measured on.

There is one record for each minor version of Python, since counted work depends on its bytecode.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.guard.errors import GuardError
from benchmarks.guard.figures import PROCESSOR, PYTHON, Figure
from mask_proximity.core.outputs.files import write_atomically

PATH = Path(__file__).resolve().parent / 'baseline.json'
WRITE = 'make bench-check ARGS=--update'


def minor_version(machine: Mapping[str, str]) -> str:
    """Return the minor version of the machine's Python, e.g. '3.11'."""
    return '.'.join(machine['Python'].split('.')[:2])


@dataclass(frozen=True, slots=True)
class Baseline:
    """The values of the figures in the baseline.

    Attributes:
        records: Machine and figures, by minor version of Python.
    """

    records: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Baseline:
        """Read a baseline; without a file, it is empty.

        Raises:
            GuardError: The file is no baseline.
        """
        if not path.exists():
            return cls({})
        try:
            records = json.loads(path.read_text(encoding='utf-8'))
            for record in records.values():
                minor_version(record['machine'])
                for figure in record['figures'].values():
                    float(figure['value'])
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise GuardError(
                f'{path.name} is no baseline ({type(error).__name__}: {error}): take it from the '
                f'repository again, or write a new one by {WRITE}.'
            ) from None
        return cls(records)

    def save(self, path: Path) -> None:
        """Write the baseline atomically."""
        text = json.dumps(self.records, indent=1, sort_keys=True)
        write_atomically(path, f'{text}\n'.encode())

    def value(self, figure: Figure, machine: Mapping[str, str]) -> float | str:
        """Return the value of a figure, or the reason why there is none for this machine.

        Args:
            figure: Figure to compare.
            machine: This machine, see benchmarks.performance.results.machine.
        """
        here = minor_version(machine)
        # The record of this Python comes first.
        records = sorted(self.records, key=lambda version: version != here)
        holding = [
            version for version in records if figure.name in self.records[version]['figures']
        ]
        if not holding:
            return f'no baseline yet, write one by {WRITE}'
        for version in holding:
            record = self.records[version]
            if figure.same == PYTHON and version != here:
                continue
            if figure.same == PROCESSOR and record['machine'][PROCESSOR] != machine[PROCESSOR]:
                continue
            return float(record['figures'][figure.name]['value'])
        where = f'Python {here}' if figure.same == PYTHON else 'this processor'
        return f'no baseline for {where}'

    def changes(self, machine: Mapping[str, str]) -> list[str]:
        """Return the differences between this machine and that of the baseline of this Python."""
        record = self.records.get(minor_version(machine))
        if record is None:
            return []
        was = record['machine']
        watched = (PROCESSOR, 'NumPy', 'OpenCV', 'LiteRT')
        return [
            f'{name} {was.get(name)} then, {machine[name]} now'
            for name in watched
            if was.get(name) != machine[name]
        ]

    def updated(
        self,
        measured: Mapping[str, list[float]],
        figures: tuple[Figure, ...],
        machine: Mapping[str, str],
    ) -> Baseline:
        """Return a baseline with a new record for this machine's Python.

        Args:
            measured: Measured values by the name of the figure; other figures are left out.
            figures: Figures that were measured.
            machine: This machine.
        """
        record = {
            'machine': dict(machine),
            'figures': {
                figure.name: {
                    'how': figure.how,
                    'value': statistics.median_low(measured[figure.name]),
                    'measured': sorted(measured[figure.name]),
                }
                for figure in figures
                if figure.name in measured
            },
        }
        return Baseline({**self.records, minor_version(machine): record})
