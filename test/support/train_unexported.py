# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""training.train without the conversions, for tests of what it learns; test_export is about those.

The command line is that of training.train; of what it writes, only the description and the curves
are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training import train
from training.export import NAME, write_json


def write_description(
    model: object,
    description: dict[str, Any],
    faces: object,
    val: object,
    test: object,
    output: Path,
) -> Path:
    """Instead of the export."""
    path = output / f'{NAME}.json'
    write_json(path, description)
    return path


def main(arguments: Sequence[str]) -> int:
    """Train; see the head of this file."""
    train.export = write_description
    return train.main(arguments)
