# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Staleness: whether the newest image is still evidence for the present.

By a clock that stands still no image ever gets old, so the clock is watched as well.
"""

from __future__ import annotations

from mask_proximity.core.alert.settings import FreshnessSettings
from mask_proximity.core.types import NANOSECONDS


class ClockWatch:
    """Holds the node's clock, which may be that of a simulation, against a steady one.

    The steady clock only tells that the other one does not move at all: a simulation may be as slow
    as it likes.
    """

    def __init__(self) -> None:
        """Begin with a clock that has not been looked at."""
        self._now: int | None = None
        self._moved = 0.0

    def look(self, now: int, steady: float) -> float:
        """How long the clock has stood still.

        Args:
            now: by the node's clock, nanoseconds.
            steady: the present by a clock that never stands still nor jumps, seconds.

        Returns:
            Seconds of the steady clock since the other was first seen at its present value.
        """
        if now != self._now:
            self._now, self._moved = now, steady
        return steady - self._moved


def clock_fault(now: int, stood: float, settings: FreshnessSettings) -> str | None:
    """Why the clock is of no use, or None if it runs; arguments as of `stale_reason`."""
    if now == 0:
        return (
            'The clock stands still: use_sim_time is true, but nobody publishes /clock; start the '
            'simulation or the bag with --clock, or set use_sim_time to false.'
        )
    if stood > settings.stale_after:
        return (
            f'The clock has stood still for more than stale_after ({settings.stale_after:g} s): '
            'the simulation or the bag is paused or has ended; let it go on.'
        )
    return None


def stale_reason(
    now: int, stood: float, stamp: int, arrived: int, settings: FreshnessSettings
) -> str | None:
    """Why the newest image is no evidence for the present, or None if it is.

    Args:
        now: by the node's clock, nanoseconds.
        stood: how long that clock has stood still, seconds; see `ClockWatch.look`.
        stamp: of the newest image, nanoseconds.
        arrived: when it came, by the node's clock, nanoseconds.
        settings: Limits of staleness.

    Returns:
        One sentence for the user, or None.
    """
    still = clock_fault(now, stood, settings)
    if still is not None:
        return still
    # A stamp that lies a little ahead makes the image no younger than its arrival.
    return stamp_fault(now, stamp, settings) or stamp_fault(now, min(stamp, arrived), settings)


def seconds_until_stale(
    now: int, stood: float, stamp: int, arrived: int, settings: FreshnessSettings
) -> float:
    """Seconds until `stale_reason` may speak, if no image comes; arguments as of `stale_reason`."""
    age = (now - min(stamp, arrived)) / NANOSECONDS
    return settings.stale_after - max(age, stood)


def stamp_fault(now: int, stamp: int, settings: FreshnessSettings) -> str | None:
    """Why an image is no evidence for the present, or None if it is.

    Args:
        now: the detector's clock, nanoseconds.
        stamp: of the newest image, nanoseconds, of the same clock if all is well.
        settings: Limits of staleness.

    Returns:
        One sentence for the user, or None.
    """
    if stamp == 0:
        return 'The images carry no stamp; let the camera driver stamp them.'
    age = (now - stamp) / NANOSECONDS
    if age > settings.stale_after:
        return (
            f'The newest image is {age:.1f} s old, more than stale_after '
            f'({settings.stale_after:g} s).'
        )
    if age < -settings.stale_after:
        return (
            f'The images are stamped {-age:.1f} s in the future; let camera and detector use one '
            'clock.'
        )
    return None


class Freshness:
    """Tracks the newest image and the clock, and tells when that image is stale.

    Pure: every time is an argument. One thread owns it; `clock_stood` may be read from any.
    """

    def __init__(self) -> None:
        self._clock = ClockWatch()
        self._stood = 0.0
        self._stamp: int | None = None
        self._arrived = 0

    @property
    def clock_stood(self) -> float:
        """How long the node's clock had stood still at the last `look_at_clock`, in seconds."""
        return self._stood

    def look_at_clock(self, now: int, steady: float) -> None:
        """Compare the node's clock with a steady one.

        Args:
            now: Present time of the node's clock in nanoseconds.
            steady: Present time of a clock that neither stands still nor jumps, in seconds.
        """
        self._stood = self._clock.look(now, steady)

    def take_image(self, stamp: int, now: int) -> None:
        """Note the newest image.

        Args:
            stamp: Stamp of the image in nanoseconds.
            now: Present time of the node's clock in nanoseconds.
        """
        self._stamp, self._arrived = stamp, now

    def forget_image(self) -> None:
        """Forget the newest image; what is known of the clock stays."""
        self._stamp, self._arrived = None, 0

    def clock_fault(self, now: int, settings: FreshnessSettings) -> str | None:
        """Why the clock is of no use, in one sentence; None if it runs."""
        return clock_fault(now, self._stood, settings)

    def stale_reason(self, now: int, settings: FreshnessSettings) -> str | None:
        """Why the newest image is no evidence for the present, in one sentence; None if it is.

        Raises:
            ValueError: There is no image.
        """
        return stale_reason(now, self._stood, self._newest(), self._arrived, settings)

    def seconds_until_stale(self, now: int, settings: FreshnessSettings) -> float:
        """Seconds until `stale_reason` may speak, if no other image comes.

        Raises:
            ValueError: There is no image.
        """
        return seconds_until_stale(now, self._stood, self._newest(), self._arrived, settings)

    def _newest(self) -> int:
        if self._stamp is None:
            raise ValueError('there is no image whose age could be told')
        return self._stamp
