# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The performance guard: `make bench-check`, see docs/performance_guard.md."""
