# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How the process of a node deals with memory and with the interpreter's lock.

By itself, the C library gives the memory of a large image back as soon as it is free, and fetches
it page by page for the next one, which takes longer than to copy the image. And what it keeps, it
keeps for good: the most that each thread ever needed, which depends on how busy the machine is and
may grow for hours. So nothing is given back from image to image, but all that is free once a
minute.

glibc's manual says more under 'Malloc Tunable Parameters'; with other C libraries nothing is done.
"""

from __future__ import annotations

import ctypes
import gc
import sys

from rclpy.node import Node

from mask_proximity.ros.endpoints import create_steady_timer

PERIOD = 60.0
"""Seconds. Each time costs less than a millisecond, and as much again to fetch what is needed."""

# Executor and worker take turns; by default, who wants the interpreter's lock waits for 5 ms.
_SWITCH_INTERVAL = 0.0002

_library = ctypes.CDLL(None)
_mallopt = getattr(_library, 'mallopt', None)
_malloc_trim = getattr(_library, 'malloc_trim', None)
# Of malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
# Bytes: the most that glibc takes, and more than any machine has to spare.
_LARGEST_BLOCK, _NEVER = 32 * 2**20, 2**31 - 1


def prepare() -> None:
    """Call once before any node is made."""
    # What is free is used again instead of being given back at once.
    if _mallopt is not None:
        _mallopt(_M_MMAP_THRESHOLD, _LARGEST_BLOCK)
        _mallopt(_M_TRIM_THRESHOLD, _NEVER)


def settle(node: Node) -> None:
    """Call once when all nodes of the process are made.

    Args:
        node: One of them, whose executor trims the memory as long as it is there.
    """
    # What is there now stays, and is looked through no more: 50 ms every few minutes, in the
    # middle of an image.
    gc.freeze()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    _trim()
    create_steady_timer(node, PERIOD, _trim)


def _trim() -> None:
    """Return all free pages to the system."""
    if _malloc_trim is not None:
        _malloc_trim(0)
