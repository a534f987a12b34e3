# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""mask-proximity calibrate: one person at a known distance makes the metres right."""
