# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The page is what the stored results give, and says which aims are reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.performance import aims, core_figures, memory, page, results
from benchmarks.performance.__main__ import main
from benchmarks.performance.rounds import together

PAGE = Path(__file__).resolve().parents[3] / 'docs' / 'performance.md'


def measured(core: float) -> dict[str, Any]:
    """A result of core_speed: nets 10 ms and 2 more a face, tutorial 20 times as long."""

    def subject(time: float, faces: int) -> dict[str, Any]:
        part = {'times': [time] * 5, 'cpu': time, 'faces': faces, 'memory': 90.0, 'allocated': 1.0}
        return together([part, part])

    return {
        'cases': [
            {
                'faces': faces,
                'width': width,
                'height': height,
                'subjects': {
                    key: subject(factor * (10.0 + 2.0 * faces), faces)
                    for key, factor in (('nets', 1.0), ('core', core), ('tutorial', 20.0))
                },
            }
            for width, height in ((640, 480), (1280, 720))
            for faces in (0, 1, 8)
        ],
        'rounds': 2,
        'absent': ['AIZOO: its files were not given'],
    }


def verdicts(core: float) -> dict[str, tuple[str, str]]:
    rows = aims.rows({'core_speed': measured(core)})
    return {aim: (told, reached) for aim, told, reached in rows}


def test_the_committed_page_is_what_the_stored_results_give() -> None:
    assert PAGE.read_text(encoding='utf-8') == page.text(), (
        'make it again: python -m benchmarks.performance --page'
    )


def test_an_aim_is_reached_missed_or_not_measured() -> None:
    first, fourth = aims.AIMS[0].text, aims.AIMS[3].text
    assert verdicts(1.05)[first] == ('1.05 (1.05 to 1.05) times', 'yes')
    assert verdicts(1.2)[first] == ('1.20 (1.20 to 1.20) times', '**no**')
    assert verdicts(2.0)[fourth] == ('10.0 (10.0 to 10.0) times', 'yes')
    assert verdicts(3.0)[fourth] == ('6.7 (6.7 to 6.7) times', '**no**')
    assert verdicts(1.0)['memory flat over an hour'] == ('not measured yet', '')


def test_an_hour_is_an_hour() -> None:
    slope = {'slope': 0.0, 'low': -0.1, 'high': 0.1}
    for seconds, reached in ((3600.0, 'yes'), (60.0, '**no**')):
        run = {
            'memory': {'resident': slope},
            'memory_flat': True,
            'memory_series': [[0.0, 190.0, 90.0], [seconds, 200.0, 95.0]],
            'seconds': seconds,
        }
        found = {aim: verdict for aim, _, verdict in aims.rows({'memory': run})}
        assert found['memory flat over an hour'] == reached


def test_when_memory_grew_last() -> None:
    steps = [(60.0 * minute, 200.0 + (minute >= 30), 90.0) for minute in range(61)]
    assert memory.last_growth(steps) == 30.0
    assert memory.last_growth([(0.0, 200.0, 90.0), (60.0, 200.05, 90.0)]) == 0.0


def test_the_cost_of_a_face_is_a_line() -> None:
    found = core_figures.line(core_figures.some(core_figures.by_faces(measured(1.0), 'core')))
    assert found == pytest.approx({'slope': 2.0, 'start': 10.0, 'r2': 1.0})


def test_a_page_is_written_from_results_with_pictures(tmp_path: Path) -> None:
    stored, output = tmp_path / 'results', tmp_path / 'page.md'
    results.save('core_speed', measured(1.05), stored)
    assert main(['--page', '--results', str(stored), '--output', str(output)]) == 0
    text = output.read_text(encoding='utf-8')
    assert '| 1 face, 640x480 | 12.6 ms | 1.05 (1.05 to 1.05) | 19.05 (19.05 to 19.05) |' in text
    assert 'Not measured: AIZOO: its files were not given.' in text
    assert results.machine()['processor'] in text
    assert '## What was tried, and what did not pay' in text
    for name in ('performance_ratio.png', 'performance_cost.png'):
        assert f'(images/{name})' in text
        assert (tmp_path / 'images' / name).read_bytes().startswith(b'\x89PNG')


def test_a_page_without_results_says_so(tmp_path: Path) -> None:
    text = page.text(tmp_path)
    assert 'Nothing has been measured yet.' in text
    assert text.count('not measured yet') == len(aims.AIMS)
