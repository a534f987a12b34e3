# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Face detectors, and how they are loaded."""
