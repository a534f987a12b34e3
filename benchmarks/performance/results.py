# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The stored results, one JSON file per benchmark, from which docs/performance.md is made."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_proximity import __version__
from mask_proximity.core.outputs.files import write_atomically

FOLDER = Path(__file__).resolve().parent / 'results'


def save(name: str, content: dict[str, Any], folder: Path = FOLDER) -> None:
    """Write the result of a benchmark and the machine that it ran on, atomically.

    Args:
        name: Name of the benchmark.
        content: What its `measure` returned; plain JSON.
        folder: Folder of all results.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({'machine': machine(), **content}, indent=1, sort_keys=True)
    write_atomically(folder / f'{name}.json', f'{text}\n'.encode())


def load(name: str, folder: Path = FOLDER) -> dict[str, Any] | None:
    """Read the result of a benchmark; None if it was not run yet."""
    path = folder / f'{name}.json'
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
    return content


def machine() -> dict[str, str]:
    """Describe this machine, the date and the versions of packages; without the host name."""
    return {
        'date': datetime.now(timezone.utc).strftime('%Y-%m-%d'),
        'processor': _processor(),
        'cores': str(len(os.sched_getaffinity(0))),
        'system': f'{platform.system()} {platform.machine()}',
        'Python': platform.python_version(),
        'NumPy': np.__version__,
        'OpenCV': str(cv2.__version__),
        'LiteRT': _version('ai-edge-litert'),
        'mask_proximity': f'{__version__} ({_commit()})',
    }


def _processor() -> str:
    for line in Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
        if line.startswith(('model name', 'Model')):
            return line.partition(':')[2].strip()
    return platform.processor() or 'unknown'


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return 'not installed'


def _commit() -> str:
    try:
        done = subprocess.run(
            ['git', 'describe', '--always', '--dirty'],
            cwd=FOLDER.parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return 'no repository'
    return done.stdout.strip()
