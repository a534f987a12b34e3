# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the perception, composed of those of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.alert.settings import AlertSettings
from mask_proximity.core.classification.settings import CropSettings
from mask_proximity.core.detection.settings import DetectionSettings
from mask_proximity.core.models.settings import NetSettings
from mask_proximity.core.monitoring.settings import CameraWatchSettings
from mask_proximity.core.ranging.settings import RangingSettings
from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class WorkingImageSettings(Settings):
    """What is done to an image before faces are detected, and to their boxes."""

    heading: ClassVar[str] = 'Working image'

    working_width: int = setting(
        0,
        'Width to which an image is resized before faces are detected; the height stays as it is '
        '(the tutorial: 600, which breaks the aspect ratio). 0 = no resizing.',
        within=(0, 7680),
        unit='px',
    )
    whole_pixels: bool = setting(
        False,
        'Truncate boxes to whole pixels and clip them to the image before anything is measured or '
        'cropped (the tutorial).',
    )


@dataclass(frozen=True)
class NetSpeedSettings(NetSettings, DetectionSettings):
    """Everything that a measurement of the nets' speed reads."""


@dataclass(frozen=True)
class PerceptionSettings(
    CameraWatchSettings,
    WorkingImageSettings,
    NetSpeedSettings,
    CropSettings,
    RangingSettings,
    AlertSettings,
):
    """Everything that Pipeline reads for a frame."""
