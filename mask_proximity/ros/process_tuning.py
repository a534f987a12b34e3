# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How the process of a node deals with memory and with the interpreter's lock.

By default, the C library returns the memory of a large image to the system as soon as it is free,
and fetches it page by page for the next image, which takes longer than copying the image. What it
keeps, it keeps for good: the most that each thread ever needed, which depends on how busy the
machine is and may grow for hours. So no memory is returned between images; instead, all free memory
is returned once a minute.

See 'Malloc Tunable Parameters' in glibc's manual; with other C libraries nothing is done.
"""

from __future__ import annotations

import ctypes
import gc
import sys

from rclpy.node import Node

from mask_proximity.ros.endpoints import create_steady_timer

PERIOD = 60.0
"""Seconds between two trims. A trim takes less than a millisecond, fetching the memory again as
long."""

# Executor and worker take turns; by default, a thread waits 5 ms for the interpreter's lock.
_SWITCH_INTERVAL = 0.0002

_library = ctypes.CDLL(None)
_mallopt = getattr(_library, 'mallopt', None)
_malloc_trim = getattr(_library, 'malloc_trim', None)
# Values from malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
# Bytes: the largest value that glibc accepts, and a value that is never reached.
_LARGEST_BLOCK, _NEVER = 32 * 2**20, 2**31 - 1


def prepare() -> None:
    """Let the C library keep free memory; call once before any node is made."""
    # What is free is used again instead of being given back at once.
    if _mallopt is not None:
        _mallopt(_M_MMAP_THRESHOLD, _LARGEST_BLOCK)
        _mallopt(_M_TRIM_THRESHOLD, _NEVER)


def settle(node: Node) -> None:
    """Start trimming once a minute; call once when all nodes of the process are made.

    Args:
        node: Node whose executor trims the memory as long as it is there.
    """
    # The objects made so far live on, so the garbage collector need not scan them, which took
    # 50 ms every few minutes in the middle of an image.
    gc.freeze()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    _trim()
    create_steady_timer(node, PERIOD, _trim)


def _trim() -> None:
    """Return all free pages to the system."""
    if _malloc_trim is not None:
        _malloc_trim(0)
