# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the monitoring: what the camera watch and the diagnostics read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.alert.settings import FreshnessSettings
from mask_proximity.core.models.settings import NetSettings
from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class CameraWatchSettings(Settings):
    """When an image counts as frozen, black or covered."""

    heading: ClassVar[str] = 'Camera watch'

    frozen_after: float = setting(
        1.0,
        'The level becomes UNKNOWN when the camera has sent identical images for this long; '
        '0 = no check (for a still image in place of a camera).',
        within=(0.0, 60.0),
        unit='s',
    )
    dark_level: float = setting(
        20.0,
        'An image counts as black, and the level becomes UNKNOWN, if hardly any pixel is at least '
        'this bright; 0 = no check.',
        within=(0.0, 255.0),
        unit='of 255',
    )
    covered_contrast: float = setting(
        1.5,
        'The camera counts as covered, and the level becomes UNKNOWN, if hardly any detail in the '
        'image reaches this contrast; a blank wall has the same effect. 0 = no check.',
        within=(0.0, 50.0),
        unit='of 255',
    )


@dataclass(frozen=True)
class HealthSettings(NetSettings, FreshnessSettings):
    """The settings that the diagnostics report on."""
