# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Image in, result out: the order of the steps, and the nets that they use."""
