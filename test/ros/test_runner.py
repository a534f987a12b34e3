# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How a node ends; what it does until then is tested node by node."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support import ros

# As on SIGTERM, where rclpy ends the context from another thread than the executor's.
PROGRAM = """
import sys
import threading

from rclpy.node import Node

from mask_proximity.ros.runner import run


class Idle(Node):
    def __init__(self):
        super().__init__('idle')
        threading.Timer(0.3, self.context.handle.shutdown).start()


sys.exit(run(Idle))
"""

# In a timer, so while the node spins.
FROZEN = """
import gc
import sys

from rclpy.node import Node

from mask_proximity.ros.runner import run


class Counting(Node):
    def __init__(self):
        super().__init__('counting')
        self.create_timer(0.05, self.count)

    def count(self):
        print('frozen' if gc.get_freeze_count() > len(gc.get_objects()) else 'not', flush=True)
        self.context.try_shutdown()


sys.exit(run(Counting))
"""

# The one that fails must be gone from the graph, and the other one sees it.
TWO = """
import sys

from mask_proximity.ros.runner import run_together
from mask_proximity.ros.worker import WorkerNode


class Failing(WorkerNode):
    def __init__(self):
        super().__init__('failing')
        {failure}

    def fail(self):
        raise ZeroDivisionError


class Watching(WorkerNode):
    def __init__(self):
        super().__init__('watching')
        self.create_timer(0.05, self.look)

    def look(self):
        if 'failing' not in self.get_node_names():
            print('alone', flush=True)
            self.context.try_shutdown()


sys.exit(run_together(lambda: [Failing(), Watching()]))
"""


@pytest.mark.parametrize(
    'failure', ['self.start_worker(self.fail, lambda: None)', 'self.create_timer(0.05, self.fail)']
)
def test_a_node_that_fails_ends_alone(failure: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-c', TWO.format(failure=failure)],
        cwd=tmp_path,
        timeout=60,
        capture_output=True,
        text=True,
        env={**os.environ, 'ROS_DOMAIN_ID': '93'},
    )
    assert done.returncode == 1 and done.stdout == 'alone\n'
    assert '[failing]' in done.stderr and 'ZeroDivisionError' in done.stderr


def test_an_executor_that_nobody_wakes_notices_the_end(tmp_path: Path) -> None:
    environment = {**os.environ, 'ROS_DOMAIN_ID': '93'}
    # Not from the source tree, which Python would import instead of what is installed.
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM], cwd=tmp_path, timeout=60, env=environment
    )
    assert done.returncode == 0


def test_a_second_ctrl_c_does_not_disturb_the_end(peer: ros.Peer) -> None:
    """Without a terminal, launch sends SIGINT on to nodes that it has reached already."""
    process = peer.start('detector_node')
    peer.until(lambda: 'Active' in process.text)
    for _ in range(3):
        process.process.send_signal(signal.SIGINT)
        peer.spin_for(0.05)
    assert process.end(signal.SIGINT) == 0
    assert 'Traceback' not in process.text


def test_the_garbage_collector_leaves_alone_what_stays(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-c', FROZEN],
        cwd=tmp_path,
        timeout=60,
        capture_output=True,
        text=True,
        env={**os.environ, 'ROS_DOMAIN_ID': '93'},
    )
    assert done.returncode == 0 and done.stdout.startswith('frozen\n')
