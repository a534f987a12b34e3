# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the face detection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class DetectionSettings(Settings):
    """Which detections count as faces."""

    heading: ClassVar[str] = 'Face detection'

    face_confidence: float = setting(
        0.15, 'Minimum confidence of the face detector.', within=(0.05, 1.0)
    )
    min_face_width: float = setting(
        16.0,
        'Faces whose box is narrower or lower than this are counted but not classified.',
        within=(0.0, 1000.0),
        unit='px',
    )
