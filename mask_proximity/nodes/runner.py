# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts and stops a node: clean on Ctrl-C and on launch, one sentence for a user's mistake."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.nodes.parameter_files import check_parameter_files
from mask_proximity.nodes.worker import WorkerMixin

# On SIGTERM, rclpy wakes the executor and then shuts the context down, from a thread of its own. An
# executor that is quicker goes back to sleep between the two, and nothing wakes it again.
_LONGEST_WAIT = 0.5


def run(make_node: Callable[[], Node], arguments: Sequence[str] | None = None) -> int:
    """Spin a node until it is told to stop.

    Args:
        make_node: makes the node; its `destroy_node` ends whatever threads it has.
        arguments: of the command line; those of the process if None.

    Returns:
        The exit code: 0 after SIGINT or SIGTERM, 1 if the node's worker failed, 2 after a mistake
        of the user.
    """
    # rclpy's own handler, which comes on top of this one, ends the context, and that ends the loop.
    # A KeyboardInterrupt could hit the end itself; only while the node is made, which may load a
    # model for seconds, is there nothing else that ends it.
    starting = True

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal starting
        if starting:
            starting = False
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        check_parameter_files(sys.argv if arguments is None else arguments)
        rclpy.init(args=arguments)
    except MaskProximityError as error:
        return _mistake(str(error))
    except RuntimeError as error:
        # rcl's text names the argument or the file that it could not read, and then the lines of
        # its own sources.
        reason = re.sub(r', at \S+:\d+', '', ' '.join(str(error).split()))
        return _mistake(f'the command line cannot be used: {reason}')
    executor = SingleThreadedExecutor()
    node: Node | None = None
    try:
        node = make_node()
        starting = False
        executor.add_node(node)
        while rclpy.ok():
            executor.spin_once(timeout_sec=_LONGEST_WAIT)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except MaskProximityError as error:
        return _mistake(str(error))
    except Exception:
        # A shutdown in the middle of starting pulls the context away under our feet.
        if rclpy.ok():
            raise
    finally:
        starting = False
        # Python's own end restores the default, and launch sends Ctrl-C once more where there is no
        # terminal.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        executor.shutdown()
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 1 if isinstance(node, WorkerMixin) and node.failed else 0


def _mistake(sentence: str) -> int:
    print(f'error: {sentence}', file=sys.stderr)
    return 2
