# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The vision core: NumPy and OpenCV in, plain Python objects out, no ROS anywhere."""
