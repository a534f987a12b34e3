# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Which face is which from frame to frame, and what is known of each."""
