# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How a node ends; what it does until then is tested node by node."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# As on SIGTERM, where rclpy ends the context from another thread than the executor's.
PROGRAM = """
import sys
import threading

from rclpy.node import Node

from mask_proximity.nodes.runner import run


class Idle(Node):
    def __init__(self):
        super().__init__('idle')
        threading.Timer(0.3, self.context.handle.shutdown).start()


sys.exit(run(Idle))
"""


def test_an_executor_that_nobody_wakes_notices_the_end(tmp_path: Path) -> None:
    environment = {**os.environ, 'ROS_DOMAIN_ID': '93'}
    # Not from the source tree, which Python would import instead of what is installed.
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM], cwd=tmp_path, timeout=60, env=environment
    )
    assert done.returncode == 0
