# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The report: one self-contained HTML file, with the same bytes for the same results."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from mask_proximity import __version__
from mask_proximity.analysis.provenance import changes
from mask_proximity.analysis.summary import Summary
from mask_proximity.core.models.files import ModelFile
from mask_proximity.core.rendering.style import FACE_LABELS
from mask_proximity.core.settings.nodes import OverlaySettings
from mask_proximity.core.settings_table import Settings
from mask_proximity.core.types import NANOSECONDS, Level, MaskState

_TEMPLATE = Path(__file__).with_name('report.html')


def render_report(
    source: str,
    settings: Mapping[str, Settings],
    models: Sequence[ModelFile],
    summary: Summary,
    timeline: bytes,
    problems: Sequence[str],
    note: str,
) -> bytes:
    """Render the report.

    Args:
        source: Name of the source.
        settings: Settings of all nodes, by name.
        models: Model files that were used.
        summary: Summary of the frames.
        timeline: The timeline, as PNG.
        problems: One sentence for each thing that was skipped or failed.
        note: Why the analysis ended early; empty if it did not.

    Returns:
        An HTML file.
    """
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters.update(
        clock=clock,
        seconds=_seconds,
        percent=_percent,
        metres=_metres,
        worn=_worn,
        data_uri=_data_uri,
    )
    text = environment.from_string(_TEMPLATE.read_text(encoding='utf-8')).render(
        source=source,
        version=__version__,
        summary=summary,
        verdict=alert_words(summary),
        overall_level=_overall_level(summary).name,
        levels=[(level.name, summary.levels[level]) for level in sorted(Level, reverse=True)],
        faces=[(FACE_LABELS[state], summary.faces[state]) for state in MaskState],
        timeline=timeline,
        distances=any(math.isfinite(episode.distance) for episode in summary.episodes),
        blurred=cast(OverlaySettings, settings['overlay_node']).blur_faces,
        problems=problems,
        note=note,
        changes=changes(settings),
        models=models,
    )
    # A file name may contain bytes that are not UTF-8.
    return text.encode('utf-8', errors='replace')


def _overall_level(summary: Summary) -> Level:
    """The level that the whole recording is shown with; UNKNOWN is never shown as CLEAR."""
    for level in (Level.ALERT, Level.UNKNOWN, Level.CAUTION):
        if summary.levels[level]:
            return level
    return Level.CLEAR


def alert_words(summary: Summary) -> str:
    """One sentence that says how often there was an alert."""
    count = len(summary.episodes)
    frames = f'{summary.frames} {"picture" if summary.pictures else "frame"}'
    frames += 's' if summary.frames != 1 else ''
    if count == 0:
        return f'No alert in {frames}.'
    if summary.pictures:
        return f'Alert in {count} of {frames}.'
    return f'{count} episode{"s" if count != 1 else ""} of alert in {frames}.'


def clock(nanoseconds: int) -> str:
    """A time as m:ss.s, with hours if there are any."""
    tenths = round(nanoseconds / (NANOSECONDS // 10))
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f'{rest // 10:02d}.{rest % 10}'
    return f'{hours}:{minutes:02d}:{seconds}' if hours else f'{minutes}:{seconds}'


def _seconds(nanoseconds: int) -> str:
    return f'{nanoseconds / NANOSECONDS:.1f} s'


def _percent(value: float) -> str:
    return '–' if math.isnan(value) else f'{value * 100:.1f} %'


def _metres(value: float) -> str:
    return '–' if math.isnan(value) else f'{value:.2f} m'


def _worn(states: Iterable[MaskState]) -> str:
    return ', '.join(FACE_LABELS[state] for state in sorted(states))


def _data_uri(content: bytes, kind: str) -> str:
    return f'data:{kind};base64,{base64.b64encode(content).decode()}'
