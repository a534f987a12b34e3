# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The time of a video or timeline: it only goes forward, and has no long pauses."""

from __future__ import annotations

from mask_proximity.core.types import NANOSECONDS

LONGEST_PAUSE = 60 * NANOSECONDS
"""Nanoseconds; a longer pause between two frames is left out, as is every step backwards."""


class PlaybackClock:
    """Turns stamps into the time of a video or timeline.

    Attributes:
        now: Time since the first stamp, without what was left out, nanoseconds.
    """

    def __init__(self, period: int) -> None:
        """Start at 0.

        Args:
            period: Length of a step that replaces one that is left out, nanoseconds.
        """
        self.now = 0
        self._period = period
        self._last: int | None = None

    def advance(self, stamp: int) -> int:
        """Advance to a frame's stamp, and return the time at which the frame is shown.

        Both are in nanoseconds.
        """
        if self._last is not None:
            step = stamp - self._last
            # Steps backwards and long pauses: a clock was set, or a recording was restarted.
            self.now += step if 0 < step <= LONGEST_PAUSE else self._period
        self._last = stamp
        return self.now
