# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Where faces are: the face detectors and how they are loaded."""
