# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts nodes and stops them cleanly; a mistake of the user is reported in one sentence."""

from __future__ import annotations

import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.ros import process_tuning
from mask_proximity.ros.parameter_files import check_parameter_files
from mask_proximity.ros.worker import WorkerMixin

# On SIGTERM, rclpy wakes the executor and then shuts the context down, from a thread of its own. An
# executor that is quicker goes back to sleep between the two, and nothing wakes it again.
_LONGEST_WAIT = 0.5


def run(make_node: Callable[[], Node], arguments: Sequence[str] | None = None) -> int:
    """Spin a node until it is told to stop. See `run_together`."""
    return run_together(lambda: [make_node()], arguments)


def run_together(
    make_nodes: Callable[[], Iterable[Node]], arguments: Sequence[str] | None = None
) -> int:
    """Spin nodes until they are told to stop; one that fails ends alone.

    Each has an executor of its own in a thread of its own, so that none waits for what another one
    does, such as loading a model.

    Args:
        make_nodes: Makes the nodes after ROS has started; their `destroy_node` ends their threads.
        arguments: Arguments of the command line; None = those of the process.

    Returns:
        The exit code: 0 after SIGINT or SIGTERM, 1 if a node failed, 2 after a mistake of the user.
    """
    interrupt = _Interrupt()
    signal.signal(signal.SIGINT, interrupt)
    process_tuning.prepare()
    try:
        _start_ros(arguments)
    except MaskProximityError as error:
        return _mistake(str(error))
    idle: list[tuple[Node, SingleThreadedExecutor]] = []
    well = True
    try:
        for node in make_nodes():
            # Made here, since no executor can be made when the context has ended.
            idle.append((node, SingleThreadedExecutor()))
        interrupt.raises = False
        process_tuning.settle(idle[0][0])
        ready, idle = idle, []
        with ThreadPoolExecutor(len(ready)) as pool:
            well = all(list(pool.map(_spin, *zip(*ready, strict=True))))
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except MaskProximityError as error:
        return _mistake(str(error))
    except Exception:
        # A shutdown during the start ends the context, and then calls into rclpy fail.
        if rclpy.ok():
            raise
    finally:
        interrupt.raises = False
        # Python's own end restores the default, and launch sends Ctrl-C once more where there is no
        # terminal.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for node, executor in idle:
            executor.shutdown()
            node.destroy_node()
        rclpy.try_shutdown()
    return 0 if well else 1


class _Interrupt:
    """Handler of SIGINT that raises KeyboardInterrupt at most once, and only during the start.

    rclpy's own handler, which comes on top of this one, ends the context, and that ends the loop. A
    KeyboardInterrupt could hit the end itself; only while the nodes are made, which may load models
    for seconds, does nothing else end the process.

    Attributes:
        raises: Whether the next signal raises.
    """

    raises = True

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.raises:
            self.raises = False
            raise KeyboardInterrupt


def _start_ros(arguments: Sequence[str] | None) -> None:
    """Initialize rclpy, or raise MaskProximityError with a sentence about the command line."""
    check_parameter_files(sys.argv if arguments is None else arguments)
    try:
        rclpy.init(args=arguments)
    except RuntimeError as error:
        # rcl's text names the argument or the file that it could not read, and then the lines of
        # its own sources.
        reason = re.sub(r', at \S+:\d+', '', ' '.join(str(error).split()))
        raise MaskProximityError(f'the command line cannot be used: {reason}') from None


def _spin(node: Node, executor: SingleThreadedExecutor) -> bool:
    """Spin a node until it or the context ends; False if it failed."""
    try:
        executor.add_node(node)
        while rclpy.ok():
            if isinstance(node, WorkerMixin) and node.failed:
                return False
            executor.spin_once(timeout_sec=_LONGEST_WAIT)
    except ExternalShutdownException:
        pass
    except Exception:
        if rclpy.ok():
            node.get_logger().fatal(traceback.format_exc())
            return False
    finally:
        executor.shutdown()
        node.destroy_node()
    return True


def _mistake(sentence: str) -> int:
    print(f'error: {sentence}', file=sys.stderr)
    return 2
