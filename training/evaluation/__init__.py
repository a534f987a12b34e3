# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The parts of `training.evaluate`."""
