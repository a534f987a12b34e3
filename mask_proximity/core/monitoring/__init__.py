# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether the camera and the detector work: health, rates, stage times."""
