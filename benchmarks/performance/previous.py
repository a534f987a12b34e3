# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The core of the previous release, from the history of the repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

VERSION, COMMIT = '0.4.0', 'a246dadff77d5d663e214a4b13fe31a7a3cac1b3'

_ROOT = Path(__file__).resolve().parents[2]
_PARTS = ('mask_proximity/__init__.py', 'mask_proximity/core', 'models')


def unpack(cache: Path) -> Path | None:
    """The source tree of that release, from the cache or put there.

    Args:
        cache: folder for what is made once.

    Returns:
        None where the history does not reach back to it.
    """
    tree = cache / f'mask_proximity-{VERSION}-{COMMIT[:8]}'
    if tree.is_dir():
        return tree
    scratch = tree.with_suffix('.new')
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    archive = scratch / 'tree.tar'
    try:
        subprocess.run(
            ['git', 'archive', '--format=tar', f'--output={archive}', COMMIT, *_PARTS],
            cwd=_ROOT,
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(scratch)
        return None
    shutil.unpack_archive(archive, scratch)
    archive.unlink()
    scratch.rename(tree)
    return tree
