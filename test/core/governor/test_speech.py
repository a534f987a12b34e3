# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is said, and how often."""

from __future__ import annotations

import pytest

from mask_proximity.core.governor.settings import SpeechSettings
from mask_proximity.core.governor.speech import Announcer
from mask_proximity.core.types import NANOSECONDS, Level

SETTINGS = SpeechSettings(speech='Away!', speech_pause=10.0)


def said(*calls: tuple[float, Level, int]) -> list[float]:
    """The times, in seconds, at which something is said."""
    announcer = Announcer()
    return [
        seconds
        for seconds, level, since in calls
        if announcer.text(round(seconds * NANOSECONDS), level, since, SETTINGS) == 'Away!'
    ]


@pytest.mark.parametrize('level', [level for level in Level if level is not Level.ALERT])
def test_nothing_is_said_below_alert(level: Level) -> None:
    assert said((100.0, level, 1)) == []


@pytest.mark.parametrize(
    ('calls', 'times'),
    [
        ([(100.0, 1), (100.1, 1), (200.0, 1)], [100.0]),
        ([(100.0, 1), (105.0, 2)], [100.0]),
        # Whoever is still there is told later.
        ([(100.0, 1), (105.0, 2), (110.0, 2), (111.0, 2)], [100.0, 110.0]),
        ([(100.0, 1), (120.0, 2)], [100.0, 120.0]),
        # A clock that was set back.
        ([(100.0, 1), (5.0, 2)], [100.0, 5.0]),
    ],
)
def test_once_per_encounter_and_not_too_often(
    calls: list[tuple[float, int]], times: list[float]
) -> None:
    assert said(*((seconds, Level.ALERT, since) for seconds, since in calls)) == times
