# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 nodes: message in, core, message out."""
