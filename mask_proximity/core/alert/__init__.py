# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The rule: from the faces of a frame to the level of the alert, and for how long it holds."""
