# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the overlay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class DrawingSettings(Settings):
    """What is drawn on an image, and how."""

    heading: ClassVar[str] = 'Drawing'

    draw_distance: bool = setting(
        True,
        'Write the distance and the approach speed below each box, where they are known; only in '
        'the default style.',
    )
    blur_faces: bool = setting(
        False,
        'Make faces unrecognizable before anything is drawn. Faces that the detector misses are '
        'not blurred.',
    )
    style: str = setting(
        'default',
        'Drawing style: default, or tutorial (label above the box, no banner).',
        choices=('default', 'tutorial'),
    )
    working_width: int = setting(
        0,
        'Width to which the image is resized before it is drawn on; the height stays as it is '
        '(the tutorial: 600). 0 = no resizing.',
        within=(0, 7680),
        unit='px',
    )
