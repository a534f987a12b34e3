# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Output files: atomic writes, video, JSON lines, MCAP."""
