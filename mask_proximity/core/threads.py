# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How many threads a net may use here."""

from __future__ import annotations

import os


def cores() -> int:
    """The processor cores that this process may run on."""
    return len(os.sched_getaffinity(0))


def usable_threads(threads: int) -> int:
    """No more than there are cores: threads that wait for each other's core make a net slower.

    Args:
        threads: asked for; 0 = as many as there are cores.
    """
    return min(threads or cores(), cores())
