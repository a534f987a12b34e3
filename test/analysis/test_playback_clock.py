# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever the stamps do, what is shown goes forward."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.analysis.playback_clock import LONGEST_PAUSE, PlaybackClock


def test_only_what_cannot_be_shown_is_left_out() -> None:
    time = PlaybackClock(period=100)
    pause = LONGEST_PAUSE
    stamps = [5000, 5100, 5400, 5400 + pause, 5401 + 2 * pause, 7, 7, 17]
    shown = [time.advance(stamp) for stamp in stamps]
    assert shown == [0, 100, 400, 400 + pause, 500 + pause, 600 + pause, 700 + pause, 710 + pause]


@given(st.lists(st.integers(0, 2**62)))
def test_it_always_goes_forward(stamps: list[int]) -> None:
    time = PlaybackClock(period=1)
    shown = [time.advance(stamp) for stamp in stamps]
    assert all(
        0 < later - before <= LONGEST_PAUSE for before, later in zip(shown, shown[1:], strict=False)
    )
