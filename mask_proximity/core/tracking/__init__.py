# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Tracks faces from frame to frame and smooths their mask probabilities."""
