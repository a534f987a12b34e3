# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""JSON files that are never seen half-written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mask_proximity.core.outputs.files import write_atomically


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file that either appears as a whole or stays as it was.

    Raises:
        OutputError: The file cannot be written.
    """
    write_atomically(path, (json.dumps(content, indent=2) + '\n').encode())
