# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Offline analysis: the same core on recordings, without ROS."""
