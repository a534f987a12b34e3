# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The alerts of many robots in one place."""
