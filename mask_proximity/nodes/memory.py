# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Memory that was needed for a moment goes back to the system."""

from __future__ import annotations

import ctypes

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

PERIOD = 60.0
"""Seconds. Each time costs less than a millisecond, and as much again to touch what is needed
anew."""

# Of glibc; others have nothing like it.
_malloc_trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)


def give_back() -> None:
    """Return the free pages of the heap to the system.

    The C library keeps the most that each thread ever needed. How many images lie in memory at the
    same time depends on how busy the machine is, so that this would grow for hours.
    """
    if _malloc_trim is not None:
        _malloc_trim(0)


def give_back_regularly(node: Node) -> None:
    """Do it now and from now on, as long as the node is there; once a process is enough."""
    give_back()
    node.create_timer(PERIOD, give_back, clock=Clock(clock_type=ClockType.STEADY_TIME))
