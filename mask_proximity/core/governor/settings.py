# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the speed limit and of the announcement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class SpeedSettings(Settings):
    """How fast the robot may drive, and how it brakes and speeds up."""

    heading: ClassVar[str] = 'Speed limit'

    caution_speed: float = setting(
        0.3,
        'Maximum forward speed on CAUTION. Must be at least alert_speed.',
        within=(0.0, 100.0),
        unit='m/s',
    )
    alert_speed: float = setting(
        0.0,
        'Maximum forward speed on ALERT; 0 = the robot stops.',
        within=(0.0, 100.0),
        unit='m/s',
    )
    unknown_speed: float = setting(
        0.1,
        'Maximum forward speed on UNKNOWN or without a valid alert; 0 = the robot stops.',
        within=(0.0, 100.0),
        unit='m/s',
    )
    stop_distance: float = setting(
        1.5,
        'The robot stops at this distance between the camera and a person without a mask, '
        'whatever the level, if the distance is known.',
        within=(0.0, 100.0),
        unit='m',
    )
    face_confidence: float = setting(
        0.5,
        'Faces with a detector confidence up to this slow the robot by their level only, not by '
        'their distance, because they may be false detections.',
        within=(0.0, 1.0),
    )
    deceleration: float = setting(
        0.5,
        'Deceleration with which the robot brakes; it starts early enough for this to suffice. '
        'Must not exceed what the robot can do.',
        within=(0.05, 20.0),
        unit='m/s^2',
    )
    acceleration: float = setting(
        0.25,
        'Acceleration with which the robot speeds up again after a limit has ended.',
        within=(0.01, 20.0),
        unit='m/s^2',
    )
    resume_delay: float = setting(
        1.0,
        'The robot speeds up again only when the limit has not fallen for this long.',
        within=(0.0, 60.0),
        unit='s',
    )
    latency: float = setting(
        0.4,
        'Assumed reaction time, from a person in front of the camera to the brakes taking effect.',
        within=(0.0, 5.0),
        unit='s',
    )
    limit_reverse: bool = setting(
        False,
        'Apply the maximum speeds of the levels to driving in reverse too; otherwise reverse is '
        'not limited.',
    )
    limit_turn: bool = setting(
        False,
        'Scale the turn rate by the same factor as the forward speed, which keeps the curve. '
        'Otherwise, and when the robot turns on the spot, the turn rate is not limited.',
    )

    def _check_together(self) -> None:
        if self.alert_speed > self.caution_speed:
            raise SettingsError(
                f'alert_speed ({self.alert_speed} m/s) must be at most caution_speed '
                f'({self.caution_speed} m/s); set both in one call'
            )


@dataclass(frozen=True)
class SpeechSettings(Settings):
    """What the robot says, and how often."""

    heading: ClassVar[str] = 'Announcement'

    speech: str = setting(
        'Please keep your distance.',
        'Text published on the topic speech once per ALERT, for a node that speaks or plays it; '
        'empty = none.',
    )
    speech_pause: float = setting(
        10.0,
        'Minimum time between two announcements.',
        within=(0.0, 3600.0),
        unit='s',
    )
