# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures for people: the overlay, blurred faces, the timeline."""
