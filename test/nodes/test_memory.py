# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A node does not keep what it needed for a moment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# In a timer, so while the node spins. Blocks of a size that the C library takes from its heap, of
# which the last stays: what is free lies below it, and the heap cannot shrink.
PROGRAM = """
import sys
from pathlib import Path

from rclpy.node import Node

from mask_proximity.nodes import memory
from mask_proximity.nodes.runner import run

memory.PERIOD = 0.1


def resident():
    return 4096 * int(Path('/proc/self/statm').read_text().split()[1]) / 1e6


class Hungry(Node):
    def __init__(self):
        super().__init__('hungry')
        self.before = None
        self.create_timer(0.05, self.look)

    def look(self):
        if self.before is None:
            blocks = [bytes([number % 256]) * 100_000 for number in range(1000)]
            self.kept = blocks.pop()
            del blocks
            self.before = resident()
        elif resident() < self.before - 90.0:
            print('given back', flush=True)
            self.context.try_shutdown()


sys.exit(run(Hungry))
"""


def test_what_is_free_goes_back_to_the_system(tmp_path: Path) -> None:
    # Not from the source tree, which Python would import instead of what is installed.
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM],
        cwd=tmp_path,
        timeout=60,
        capture_output=True,
        text=True,
        env={**os.environ, 'ROS_DOMAIN_ID': '93'},
    )
    assert (done.returncode, done.stdout) == (0, 'given back\n'), done.stderr
