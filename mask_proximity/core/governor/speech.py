# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""When a robot says something to whoever is too near: once per encounter, and not too often."""

from __future__ import annotations

from mask_proximity.core.governor.settings import SpeechSettings
from mask_proximity.core.types import NANOSECONDS, Level


class Announcer:
    """Remembers what has been said."""

    def __init__(self) -> None:
        """Begin in silence."""
        self._encounter: int | None = None
        self._said: int | None = None

    def text(self, now: int, level: Level, since: int, settings: SpeechSettings) -> str:
        """What is to be said now; mostly nothing.

        An ALERT that begins within speech_pause is spoken of when that is over, if it still lasts.

        Args:
            now: any clock, nanoseconds.
            level: of the alert, UNKNOWN if it has expired.
            since: stamp with which the level began, nanoseconds, by which encounters differ.
            settings: Text and minimum pause.

        Returns:
            The text, or '' for nothing.
        """
        if level is not Level.ALERT or since == self._encounter:
            return ''
        pause = settings.speech_pause * NANOSECONDS
        if self._said is not None and 0 <= now - self._said < pause:
            return ''
        self._encounter, self._said = since, now
        return settings.speech
