# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How far away a face is, where, and how fast it comes nearer."""
