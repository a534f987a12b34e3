# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Speed limit and announcements of a robot during an alert."""
