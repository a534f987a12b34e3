# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast a robot may drive, and what it says, while an alert is given."""
