# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark of tracks counts what it says."""

from __future__ import annotations

import pytest

from benchmarks import tracking
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.tracking.observation import Observation
from mask_proximity.core.types import Box


@pytest.mark.parametrize(
    ('given', 'calls'),
    [
        ([True, True], 0),
        ([True, False, True, False, False], 2),
        ([True, None, False], 1),
        ([True, None, True], 0),
        ([False, True], 0),
    ],
)
def test_wrong_calls_are_changes_from_right_to_wrong(given: list[bool | None], calls: int) -> None:
    assert tracking.wrong_calls(given, right=True) == calls


def test_answers_at_a_lower_rate_are_of_every_nth_image() -> None:
    seen = [Observation(Box(0, 0, 50, 70), 1.0, p, 0.0) for p in (0.9, 0.5, 0.1, 0.9) * 6]
    alone = DetectorSettings(belief_half_life=0.0)
    assert tracking.answers(seen, 30, alone)[:4] == [True, None, False, True]
    assert tracking.answers(seen, 15, alone)[:4] == [True, False, True, False]


@pytest.mark.parametrize(
    ('ids', 'kept'),
    [
        ({0: ['1'], 1: ['2']}, True),
        ({0: ['1', '3'], 1: ['2']}, False),
        ({0: ['1'], 1: ['1']}, False),
    ],
)
def test_ids_are_kept_by_one_person_each(ids: dict[int, list[str]], kept: bool) -> None:
    assert tracking.kept(ids) is kept


def test_without_data_it_says_what_it_wants(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv('MASK_PROXIMITY_DATA', raising=False)
    assert tracking.main([]) == 1
    assert 'Give --data, or set MASK_PROXIMITY_DATA' in capsys.readouterr().err
