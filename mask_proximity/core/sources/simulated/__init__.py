# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated source: people in a corridor, seen by a camera that stands still or drives.

By default a person walks up to the camera, first without a mask, then with one.

The pictures are rendered from a photograph that an installed package contains, so the true distance
and the true mask state are known for every frame.
"""
