# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Monitoring of the camera and the detector: health, rates, stage times."""
