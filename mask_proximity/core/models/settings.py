# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings that choose the models, and what runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings_table import Settings, setting

SMALLEST_INPUT = 64
"""Smallest input size of the SSD, pixels: its deepest layers halve the input too often for less."""


@dataclass(frozen=True)
class NetSettings(Settings):
    """The models, their backends and their threads."""

    heading: ClassVar[str] = 'Models'

    face_model: str = setting(
        'ssd',
        'Face detector: ssd (the SSD that comes with the package), ssd_published (the same as '
        'originally published, which misplaces many large faces) or yunet.',
        choices=('ssd', 'ssd_published', 'yunet'),
    )
    face_model_path: str = setting(
        '', 'Path of the ONNX file of YuNet (face_detection_yunet_2023mar.onnx); only for yunet.'
    )
    face_backend: str = setting(
        'auto',
        'Runtime of the SSD; auto = LiteRT if it is installed, otherwise OpenCV.',
        choices=('auto', 'litert', 'opencv'),
    )
    face_input_size: int = setting(
        0,
        'Side length of the square input of the SSD; smaller is faster but misses small faces. '
        "LiteRT uses the nearest multiple of 4. 0 = the model's own size (384).",
        within=(0, 1024),
        unit='px',
    )
    mask_model: str = setting(
        '',
        'Path of the JSON description of a mask classifier; empty = the classifier that comes '
        'with the package.',
    )
    mask_backend: str = setting(
        'auto',
        'Runtime of the mask classifier; auto = LiteRT if it is installed, otherwise OpenCV.',
        choices=('auto', 'litert', 'opencv', 'tensorflow'),
    )
    threads: int = setting(
        2,
        'Number of threads for each of the two models, capped at the number of cores; 0 = the '
        'fastest number, measured when a model is loaded (OpenCV: one per core).',
        within=(0, 64),
    )

    def _check_together(self) -> None:
        if 0 < self.face_input_size < SMALLEST_INPUT:
            raise SettingsError(
                f'face_input_size must be 0 or at least {SMALLEST_INPUT} px, but it is '
                f'{self.face_input_size}'
            )
