# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast it is, beside what it does its work with and what it grew from: `make bench`."""
