# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The offline half: the same core over recordings, without ROS."""
