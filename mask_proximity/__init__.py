# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Notice people who come close to a robot without a mask, and tell the robot in time."""

__version__ = '0.5.0'
