# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The demonstration: the whole graph on the simulated scene, watched and judged."""
