# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Model files and the runtimes that execute them."""
