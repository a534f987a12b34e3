# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The folder of the results: its files, and how the results of an earlier run are removed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from mask_proximity.core.errors import OutputError
from mask_proximity.core.outputs.files import partial_path, translate_write_errors

FRAMES = 'frames.jsonl'
EVENTS = 'events.jsonl'
VIDEO = 'annotated.mp4'
PICTURES = 'annotated'
TIMELINE = 'timeline.png'
REPORT = 'report.html'
_FILES = (FRAMES, EVENTS, VIDEO, TIMELINE, REPORT)


def claim_output(output: Path, source: str) -> None:
    """Make the folder, and remove the results of an earlier run, but nothing else.

    Args:
        output: The folder.
        source: Path of the source, or a description that is not a path.

    Raises:
        OutputError: The folder cannot be made or written, or the source would be overwritten.
    """
    with contextlib.suppress(OSError):
        _refuse_overlap(output, Path(source).resolve(strict=True))
    with translate_write_errors(output):
        output.mkdir(parents=True, exist_ok=True)
    own = [output / name for name in _FILES]
    own += [partial_path(path) for path in own]
    pictures = output / PICTURES
    own += [pictures / name for name in _pictures_before(output / FRAMES)]
    for path in own:
        with translate_write_errors(path):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        pictures.rmdir()


def _refuse_overlap(output: Path, source: Path) -> None:
    folder = output.resolve()
    taken = (
        folder,
        *(folder / name for name in (*_FILES, PICTURES)),
    )
    if source in taken or source.parent == folder / PICTURES:
        raise OutputError(
            f'{output}: the results would lie among, or overwrite, what is analyzed; choose '
            'another folder for --output'
        )


def _pictures_before(frames: Path) -> list[str]:
    """The names of the pictures that an earlier run has annotated."""
    names = []
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError), frames.open() as lines:
        for line in lines:
            name = json.loads(line)['source']
            if name is None:
                break
            if Path(name).name == name:
                names.append(name)
    return names
