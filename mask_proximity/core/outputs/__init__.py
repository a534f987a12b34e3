# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is written to disk: whole files, video, JSON lines, MCAP."""
