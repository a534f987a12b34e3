# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the mask classification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class CropSettings(Settings):
    """How faces are cropped for the mask classifier."""

    heading: ClassVar[str] = 'Face crops'

    crop_margin: float = setting(
        -1.0,
        'Margin added on every side of a face before it is cropped, as a fraction of its width '
        'and height; -1 = the margin that the classifier was trained with.',
        within=(-1.0, 1.0),
    )
    crop_interpolation: str = setting(
        'area',
        'How a face larger than the input of the classifier is scaled down: area averages, as in '
        'the training; linear is what the tutorial did.',
        choices=('area', 'linear'),
    )

    def _check_together(self) -> None:
        if -1.0 < self.crop_margin < 0.0:
            raise SettingsError(
                f'crop_margin must be -1 or at least 0, but it is {self.crop_margin}'
            )
