# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Time as it can be shown to whoever watches: it only goes forward, and without long pauses."""

from __future__ import annotations

from mask_proximity.core.types import NANOSECONDS

LONGEST_PAUSE = 60 * NANOSECONDS
"""A longer one between two frames is left out, as is every step backwards."""


class PlaybackClock:
    """Turns stamps into the time of a video or timeline.

    Attributes:
        now: nanoseconds since the first stamp, without what was left out.
    """

    def __init__(self, period: int) -> None:
        """Begin at 0.

        Args:
            period: what a step that is left out counts as, nanoseconds.
        """
        self.now = 0
        self._period = period
        self._last: int | None = None

    def advance(self, stamp: int) -> int:
        """The time at which a frame with this stamp, in nanoseconds, is shown."""
        if self._last is not None:
            step = stamp - self._last
            # A clock that was set, or a recording that was started anew.
            self.now += step if 0 < step <= LONGEST_PAUSE else self._period
        self._last = stamp
        return self.now
