# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What people see: overlay, blurred faces, timeline."""
