# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Staleness: whether the newest image is still evidence for the present.

No image gets old on a clock that has stopped, so the clock is watched as well.
"""

from __future__ import annotations

from mask_proximity.core.alert.settings import FreshnessSettings
from mask_proximity.core.types import NANOSECONDS


class ClockWatch:
    """Compares the node's clock, which may be that of a simulation, with a steady clock.

    It only detects that the node's clock has stopped; a simulation may run as slowly as it likes.
    """

    def __init__(self) -> None:
        self._now: int | None = None
        self._moved = 0.0

    def look(self, now: int, steady: float) -> float:
        """How long the clock has stood still.

        Args:
            now: Current time of the node's clock in nanoseconds.
            steady: Current time of a clock that neither stands still nor jumps, in seconds.

        Returns:
            Seconds of the steady clock since the node's clock was first seen at its current value.
        """
        if now != self._now:
            self._now, self._moved = now, steady
        return steady - self._moved


def clock_fault(now: int, stood: float, settings: FreshnessSettings) -> str | None:
    """Why the clock cannot be used, or None if it runs. For the arguments see `stale_reason`."""
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
    """Why the newest image is stale, or None if it is not.

    Args:
        now: Current time of the node's clock in nanoseconds.
        stood: Seconds for which that clock has stood still, see `ClockWatch.look`.
        stamp: Timestamp of the newest image in nanoseconds.
        arrived: Time of its arrival by the node's clock in nanoseconds.
        settings: Limits of staleness.

    Returns:
        One sentence for the user, or None.
    """
    still = clock_fault(now, stood, settings)
    if still is not None:
        return still
    # An image whose stamp lies slightly in the future is still as old as its arrival.
    return stamp_fault(now, stamp, settings) or stamp_fault(now, min(stamp, arrived), settings)


def seconds_until_stale(
    now: int, stood: float, stamp: int, arrived: int, settings: FreshnessSettings
) -> float:
    """Seconds until the newest image may be stale. For the arguments see `stale_reason`."""
    age = (now - min(stamp, arrived)) / NANOSECONDS
    return settings.stale_after - max(age, stood)


def stamp_fault(now: int, stamp: int, settings: FreshnessSettings) -> str | None:
    """Why the stamp of an image makes it unusable, or None if it does not.

    Args:
        now: Current time of the detector's clock in nanoseconds.
        stamp: Timestamp of the image in nanoseconds, which should come from the same clock.
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
            now: Current time of the node's clock in nanoseconds.
            steady: Current time of a clock that neither stands still nor jumps, in seconds.
        """
        self._stood = self._clock.look(now, steady)

    def take_image(self, stamp: int, now: int) -> None:
        """Note the newest image.

        Args:
            stamp: Stamp of the image in nanoseconds.
            now: Current time of the node's clock in nanoseconds.
        """
        self._stamp, self._arrived = stamp, now

    def forget_image(self) -> None:
        """Forget the newest image, but not the state of the clock."""
        self._stamp, self._arrived = None, 0

    def clock_fault(self, now: int, settings: FreshnessSettings) -> str | None:
        """Why the clock cannot be used, in one sentence; None if it runs."""
        return clock_fault(now, self._stood, settings)

    def stale_reason(self, now: int, settings: FreshnessSettings) -> str | None:
        """Why the newest image is stale, in one sentence; None if it is not.

        Raises:
            ValueError: There is no image.
        """
        return stale_reason(now, self._stood, self._newest(), self._arrived, settings)

    def seconds_until_stale(self, now: int, settings: FreshnessSettings) -> float:
        """Seconds until the newest image may be stale, if no other image arrives.

        Raises:
            ValueError: There is no image.
        """
        return seconds_until_stale(now, self._stood, self._newest(), self._arrived, settings)

    def _newest(self) -> int:
        if self._stamp is None:
            raise ValueError('there is no image yet')
        return self._stamp
