# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Deprecated path of 0.5: see mask_proximity.client."""

from mask_proximity.core.moved import attributes_of

__getattr__ = attributes_of(
    __name__,
    'mask_proximity.ros.conversions',
    'mask_proximity.ros.image_conversions',
    'mask_proximity.ros.simulation_conversions',
)
