# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""mask-proximity doctor: finds out from outside why there is no output."""
