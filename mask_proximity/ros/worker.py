# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A node with one worker thread beside the thread of the executor."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rclpy.node import Node

_JOIN_TIME = 5.0


class WorkerMixin:
    """Runs a node's work in a thread; an unexpected error there ends the whole node, not just it.

    A node without its worker would look healthy and do nothing. This class comes before the class
    of the node among the bases.

    Attributes:
        failed: Whether the work has ended with an error, upon which the runner ends the node.
    """

    failed = False
    _worker: threading.Thread | None = None
    _stop_worker: Callable[[], None]

    if TYPE_CHECKING:
        # Attributes of rclpy's Node, which is another of the bases.
        context: Any
        get_name: Callable[[], str]
        get_logger: Callable[[], Any]

    def start_worker(self, work: Callable[[], None], stop: Callable[[], None]) -> None:
        """Start the thread.

        Args:
            work: What it does.
            stop: Lets `work` return soon.
        """
        self._stop_worker = stop
        self._worker = threading.Thread(
            target=self._run, args=(work,), name=self.get_name(), daemon=True
        )
        self._worker.start()

    def destroy_node(self) -> None:
        """End the worker, then the node."""
        # None after an error in the constructor: rclpy 9 destroys such a node, too.
        if self._worker is not None:
            self._stop_worker()
            # A driver may block in a read; the thread is a daemon, so the process can end.
            self._worker.join(_JOIN_TIME)
        super().destroy_node()  # type: ignore[misc]

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            # Ctrl-C ends the context during the work; that is no error.
            if self.context.ok():
                self.get_logger().fatal(traceback.format_exc())
                self.failed = True


class WorkerNode(WorkerMixin, Node):
    """A plain node with a worker."""

    def __init__(self, name: str) -> None:
        """Make the node; the worker starts with `start_worker`.

        Args:
            name: Name of the node.
        """
        # Undeclared parameters reach NodeParameters, which refuses them with a better sentence.
        super().__init__(name, allow_undeclared_parameters=True)
