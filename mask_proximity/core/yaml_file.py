# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading the small YAML files that users write: parameters, zones, calibrations, scenes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from mask_proximity.core.errors import MaskProximityError

MAX_BYTES = 100_000
"""Default limit for the size of a file: room for hundreds of entries."""


def read_yaml(
    path: Path,
    error_type: Callable[[str], MaskProximityError],
    expected: str,
    loader: type[yaml.SafeLoader] = yaml.SafeLoader,
    max_bytes: int = MAX_BYTES,
) -> Any:
    """Read a YAML file.

    Args:
        path: Path of the file.
        error_type: Makes the error from its sentence; usually a class of `core.errors`.
        expected: End of the sentence, which says what the file should be: 'expected ...'.
        loader: Loader that resolves the scalars.
        max_bytes: Size above which the file is refused without parsing it.

    Returns:
        What the file holds: a mapping, a list, a scalar, or None for an empty file.

    Raises:
        MaskProximityError: An `error_type`. The file cannot be read, is too large, or is not YAML.
    """

    def error(problem: str) -> MaskProximityError:
        return error_type(f'{path}: this file {problem}; {expected}')

    try:
        # Opening a pipe would wait for somebody to write into it.
        if path.exists() and not path.is_file():
            raise error('cannot be read (it is not a regular file)')
        with path.open('rb') as stream:
            text = stream.read(max_bytes + 1)
    except OSError as failure:
        raise error(f'cannot be read ({failure.strerror})') from None
    except ValueError:
        raise error('cannot be read (the path is not valid)') from None
    if len(text) > max_bytes:
        raise error(f'is larger than {max_bytes} bytes')
    try:
        return yaml.load(text, loader)
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        mark = getattr(failure, 'problem_mark', None)
        where = f' (line {mark.line + 1})' if mark is not None else ''
        raise error(f'cannot be parsed as YAML{where}') from None
