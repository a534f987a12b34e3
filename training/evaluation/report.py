# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluation: one self-contained HTML file."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from mask_proximity import __version__
from mask_proximity.analysis import report as analysis_report
from mask_proximity.core.types import LABELS
from training.evaluation.charts import COLORS, WORDS
from training.evaluation.mistakes import Mistake

_TEMPLATE = Path(__file__).with_name('report.html')


def render_report(
    result: Mapping[str, Any], charts: Mapping[str, bytes], mistakes: Sequence[Mistake]
) -> bytes:
    """Render the report.

    Args:
        result: Content of the JSON report.
        charts: Available PNG files by name: 'scenes_ranking', 'scenes_reliability',
            'crops_ranking', 'crops_reliability', 'history'.
        mistakes: The worst misclassifications.

    Returns:
        The content of an HTML file.
    """
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters.update(
        percent=percent, data_uri=_data_uri, number=_number, words=WORDS.__getitem__
    )
    text = environment.from_string(_TEMPLATE.read_text(encoding='utf-8')).render(
        result=result,
        charts=charts,
        mistakes=mistakes,
        labels=LABELS,
        colors=COLORS,
        models=[result['own'], *result['peers']],
        style=_style(),
        version=__version__,
    )
    # A file name may hold bytes that are not UTF-8.
    return text.encode('utf-8', errors='replace')


def _style() -> str:
    """Return the style sheet of the report of `mask-proximity analyze`."""
    page = Path(analysis_report.__file__).with_name('report.html').read_text(encoding='utf-8')
    return page.partition('<style>')[2].partition('</style>')[0]


def percent(share: float | None) -> str:
    """Format a share with one decimal, or with two if one would round it to 0 or 100 %."""
    if share is None:
        return '–'
    if round(share * 100, 1) in (0.0, 100.0) and share not in (0.0, 1.0):
        return f'{min(max(share * 100, 0.01), 99.99):.2f} %'
    return f'{share * 100:.1f} %'


def _number(value: float | None, digits: int = 3) -> str:
    return '–' if value is None else f'{value:.{digits}f}'


def _data_uri(content: bytes) -> str:
    return f'data:image/png;base64,{base64.b64encode(content).decode()}'
