# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The embedded source: people in a corridor, seen by a camera that stands or drives.

By default a person walks up to the camera, first bare-faced, then with a mask.

Made on the spot from a photograph that an installed package carries, so that the true distance
and the true mask are known for every frame.
"""
