# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Training of the mask classifier and conversion of the face detector."""
