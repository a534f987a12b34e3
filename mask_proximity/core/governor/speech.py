# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Decides when a robot speaks to a person who is too near: once per ALERT, with a pause between."""

from __future__ import annotations

from mask_proximity.core.governor.settings import SpeechSettings
from mask_proximity.core.types import NANOSECONDS, Level


class Announcer:
    """Announces every ALERT once."""

    def __init__(self) -> None:
        self._encounter: int | None = None
        self._said: int | None = None

    def text(self, now: int, level: Level, since: int, settings: SpeechSettings) -> str:
        """The text to announce now, if any.

        An ALERT that begins within speech_pause is announced after the pause, if it still lasts.

        Args:
            now: Current time of any clock in nanoseconds.
            level: Level of the alert, UNKNOWN if it has expired.
            since: Timestamp in nanoseconds at which the level began; it identifies the ALERT.
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
