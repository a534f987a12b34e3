# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Distance, position and approach speed of faces."""
