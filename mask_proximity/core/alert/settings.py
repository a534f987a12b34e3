# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the alert: mask states, limits, levels, delays and staleness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings_table import Settings, setting
from mask_proximity.core.tracking.settings import TrackingSettings


@dataclass(frozen=True)
class MaskStateSettings(Settings):
    """When a face counts as masked, unmasked or unsure."""

    heading: ClassVar[str] = 'Mask states'

    mask_threshold: float = setting(
        0.75, "A face is 'Mask' if P(mask) is above this.", within=(0.5, 1.0)
    )
    no_mask_threshold: float = setting(
        0.75,
        "A face is 'No Mask', or 'Mask worn wrong' if that is more likely, if 1 - P(mask) is above "
        "this. Between the two thresholds it is 'Unsure'.",
        within=(0.5, 1.0),
    )
    unsure_state: bool = setting(
        True,
        "Use the state 'Unsure'. If false, such a face is labelled 'No Mask' (the tutorial), but "
        'still raises unsure_level.',
    )
    incorrect_state: bool = setting(
        True,
        "Use the state 'Mask worn wrong' (nose or mouth uncovered), if the classifier knows it. If "
        "false, such a face is labelled 'No Mask' (the tutorial). It counts as unmasked.",
    )


@dataclass(frozen=True)
class LimitSettings(Settings):
    """How near is near."""

    heading: ClassVar[str] = 'Limits'

    alert_distance: float = setting(
        1.5,
        'A face closer than this is near, if its distance is known; a near face without a mask '
        'raises ALERT. 0 = judge by alert_width_ratio only.',
        within=(0.0, 100.0),
        unit='m',
    )
    caution_distance: float = setting(
        2.5,
        'A face without a mask closer than this raises CAUTION. Must be at least alert_distance.',
        within=(0.0, 100.0),
        unit='m',
    )
    caution_time: float = setting(
        2.0,
        'A face without a mask that would reach the camera within this time raises CAUTION at any '
        'distance; 0 = off.',
        within=(0.0, 60.0),
        unit='s',
    )
    distance_margin: float = setting(
        1.0,
        'Number of standard deviations subtracted from a distance before it is compared, because '
        'turned heads and children look farther away than they are.',
        within=(0.0, 5.0),
    )
    alert_width_ratio: float = setting(
        0.1,
        'If the distance is unknown or alert_distance is 0, a face is near if its box is wider '
        'than this fraction of the image width.',
        within=(0.0, 1.0),
    )
    caution_width_ratio: float = setting(
        0.07,
        'If the distance is unknown or alert_distance is 0, a face without a mask raises CAUTION '
        'if its box is wider than this fraction of the image width. Must be at most '
        'alert_width_ratio.',
        within=(0.0, 1.0),
    )
    leave_factor: float = setting(
        1.15,
        'Hysteresis: a person within a limit stays within it until farther away than the limit '
        'times this factor (or narrower than the ratio divided by it). For a person who has '
        'raised a level, the mask thresholds and alert_confidence are relaxed by the same factor.',
        within=(1.0, 3.0),
    )
    zones: str = setting(
        '',
        'Path of a YAML file with zones, by bearing and range, that have their own limits (see '
        'docs/alert.md); empty = none.',
    )

    def _check_together(self) -> None:
        if self.caution_width_ratio > self.alert_width_ratio:
            raise SettingsError(
                f'caution_width_ratio ({self.caution_width_ratio}) must be at most '
                f'alert_width_ratio ({self.alert_width_ratio}); set both in one call'
            )
        if self.alert_distance > self.caution_distance:
            raise SettingsError(
                f'caution_distance ({self.caution_distance} m) must be at least alert_distance '
                f'({self.alert_distance} m); set both in one call'
            )
        if self.zones and self.alert_distance == 0.0:
            raise SettingsError(
                f'zones ({self.zones}) have limits in metres, but alert_distance is 0, so only '
                'widths count; expected another alert_distance or no zones; set both in one call'
            )


@dataclass(frozen=True)
class RuleSettings(MaskStateSettings, LimitSettings):
    """Everything that decides the level of a single face."""

    heading: ClassVar[str] = 'Levels'

    alert_confidence: float = setting(
        0.5,
        'Only faces with a detector confidence above this can raise ALERT; a less certain face '
        'without a mask is doubtful and raises CAUTION when near.',
        within=(0.0, 1.0),
    )
    doubt_delay: float = setting(
        0.5,
        'A doubtful face (see alert_confidence) counts only after it has been tracked for this '
        'long. It counts at once in the first image after UNKNOWN, and without tracking.',
        within=(0.0, 10.0),
        unit='s',
    )
    unsure_level: str = setting(
        'caution',
        "Level raised by a near face that is 'Unsure'.",
        choices=('clear', 'caution', 'alert'),
    )
    incorrect_level: str = setting(
        'alert',
        'Level raised by a near face whose mask is worn wrong; alert = the same as without a mask.',
        choices=('clear', 'caution', 'alert'),
    )


@dataclass(frozen=True)
class DebounceSettings(Settings):
    """How long a level takes to rise and to fall."""

    heading: ClassVar[str] = 'Delays'

    delay_on: float = setting(
        0.1,
        'A level rises when its cause has lasted longer than this, counted from the last image '
        'without it. The first image after UNKNOWN takes effect at once.',
        within=(0.0, 0.5),
        unit='s',
    )
    delay_off: float = setting(
        0.5,
        'A level falls when its cause has been absent for this long.',
        within=(0.0, 10.0),
        unit='s',
    )
    minimum_hold: float = setting(
        1.0,
        'Minimum time that a raised level lasts.',
        within=(0.0, 60.0),
        unit='s',
    )


@dataclass(frozen=True)
class FreshnessSettings(Settings):
    """How old an image and an alert may get."""

    heading: ClassVar[str] = 'Staleness'

    stale_after: float = setting(
        1.0,
        'The level becomes UNKNOWN when the newest image is older than this.',
        within=(0.05, 60.0),
        unit='s',
    )
    heartbeat_period: float = setting(
        0.5,
        'Period at which the alert is published while no images are processed.',
        within=(0.02, 10.0),
        unit='s',
    )
    valid_for: float = setting(
        1.5,
        'How long an alert stays valid after it is published. Must be longer than '
        'heartbeat_period.',
        within=(0.05, 60.0),
        unit='s',
    )

    def _check_together(self) -> None:
        if self.valid_for <= self.heartbeat_period:
            raise SettingsError(
                f'valid_for ({self.valid_for} s) must be longer than heartbeat_period '
                f'({self.heartbeat_period} s), or every alert expires before the next one'
            )


@dataclass(frozen=True)
class AlertSettings(TrackingSettings, RuleSettings, DebounceSettings, FreshnessSettings):
    """Everything that AlertPolicy reads; it remembers a person for as long as their track."""
