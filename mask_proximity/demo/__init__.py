# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The demonstration on a simulated scene, and the live run on a camera."""
