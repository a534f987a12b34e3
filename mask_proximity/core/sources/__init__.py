# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Where images come from: cameras, video files, pictures, streams, recordings, simulations."""
