# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the tracking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class TrackingSettings(Settings):
    """How faces are tracked, and how their mask probability is smoothed."""

    heading: ClassVar[str] = 'Tracking'

    tracking: bool = setting(
        True,
        'Track faces from image to image: each face has an id, and its mask probability is '
        'smoothed. Without tracking every image is judged by itself (the tutorial).',
    )
    track_memory: float = setting(
        1.0,
        'A track ends when its face has not been seen for this long; a person who returns later '
        'gets a new id.',
        within=(0.05, 10.0),
        unit='s',
    )
    belief_half_life: float = setting(
        0.4,
        'After this time an image has half its weight in the smoothed mask probability; 0 = only '
        'the newest image counts.',
        within=(0.0, 10.0),
        unit='s',
    )
