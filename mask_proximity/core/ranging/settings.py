# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the distance estimation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class RangingSettings(Settings):
    """How distances are estimated."""

    heading: ClassVar[str] = 'Distance'

    face_width: float = setting(
        0.136,
        'Physical width of a face as the face detector boxes it, from which the distance is '
        'estimated. Measured on adults (docs/distance.md); children have narrower faces and are '
        'nearer than reported.',
        within=(0.05, 0.5),
        unit='m',
    )
    horizontal_fov: float = setting(
        0.0,
        'Horizontal field of view of the camera, used for distances when there is no calibrated '
        'camera_info; 0 = unknown, and distances are NaN.',
        within=(0.0, 3.1),
        unit='rad',
    )
    use_depth: bool = setting(
        False,
        'Take distances from a depth image (topic depth, registered to the colour image) wherever '
        'it has valid measurements of the face.',
    )
    depth_tolerance: float = setting(
        0.1,
        'Maximum difference between the timestamps of an image and a depth image that is used for '
        'it.',
        within=(0.0, 1.0),
        unit='s',
    )
