# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes and spins the node of a child process of the doctor."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

SpinUntil = Callable[[Callable[[], object], float], bool]
"""Spins until a condition holds or a deadline of time.monotonic() passes; True if it holds."""


@contextlib.contextmanager
def spinning(name: str) -> Iterator[tuple[Node, SpinUntil]]:
    """A node and a function that spins it; at the end, rclpy is shut down.

    Args:
        name: Name of the node.
    """
    rclpy.init(args=[])
    node = rclpy.create_node(name)
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def spin_until(condition: Callable[[], object], deadline: float) -> bool:
        while not condition():
            if time.monotonic() > deadline:
                return False
            executor.spin_once(timeout_sec=0.05)
        return True

    try:
        yield node, spin_until
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
