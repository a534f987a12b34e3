# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The embedded source: a person walks up to the camera, first bare-faced, then with a mask.

Made on the spot from a photograph that an installed package carries, so that the true distance
and the true mask are known for every frame.
"""

from mask_proximity.core.sources.simulated.camera import CameraPose, PinholeCamera
from mask_proximity.core.sources.simulated.scene import Person, SimulatedScene, Waypoint
from mask_proximity.core.sources.simulated.source import SimulatedSource, default_scene

__all__ = [
    'CameraPose',
    'Person',
    'PinholeCamera',
    'SimulatedScene',
    'SimulatedSource',
    'Waypoint',
    'default_scene',
]
