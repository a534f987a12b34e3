# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a node needed for a moment is used again, and not kept for good."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Both in a timer, so while the node spins. Blocks of a size that the C library takes from its heap,
# of which the last stays: what is free lies below it, and the heap cannot shrink.
HUNGRY = """
import sys
from pathlib import Path

from rclpy.node import Node

from mask_proximity.ros import process_tuning
from mask_proximity.ros.runner import run

process_tuning.PERIOD = 0.1


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


# As images of 1920x1080 come and go; a page is fetched by a fault.
BUSY = """
import resource
import sys

from rclpy.node import Node

from mask_proximity.ros.runner import run

ROUNDS, IMAGES, SIZE = 10, 4, 1920 * 1080 * 3


class Busy(Node):
    def __init__(self):
        super().__init__('busy')
        self.faults = []
        self.create_timer(0.05, self.look)

    def look(self):
        for number in range(ROUNDS):
            images = [bytes([number]) * SIZE for _ in range(IMAGES)]
            del images
        self.faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
        if len(self.faults) == 3:
            pages = ROUNDS * IMAGES * SIZE // resource.getpagesize()
            print('used again' if self.faults[2] - self.faults[1] < 0.1 * pages else self.faults)
            self.context.try_shutdown()


sys.exit(run(Busy))
"""


@pytest.mark.parametrize(
    ('program', 'said'), [(HUNGRY, 'given back'), (BUSY, 'used again')], ids=['given', 'used']
)
def test_what_is_free(program: str, said: str, tmp_path: Path) -> None:
    # Not from the source tree, which Python would import instead of what is installed.
    done = subprocess.run(
        [sys.executable, '-c', program],
        cwd=tmp_path,
        timeout=60,
        capture_output=True,
        text=True,
        env={**os.environ, 'ROS_DOMAIN_ID': '93'},
    )
    assert (done.returncode, done.stdout) == (0, f'{said}\n'), done.stderr
