# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Decoding of raw and compressed images to BGR."""
