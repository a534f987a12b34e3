# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Speed of the package beside its nets alone, the tutorial and other models: `make bench`."""
