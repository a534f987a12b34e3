# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The tables of settings, and the parameter files that fill them."""
