# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The example of docs/own_node.md runs, and takes an expired alert for UNKNOWN."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from mask_proximity.core.types import Alert, Level, Reason
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, qos
from support import ros

DOCS = Path(__file__).resolve().parents[2] / 'docs'
EXAMPLE = DOCS / 'examples' / 'alert_listener.py'
CLEAR = Alert(Level.CLEAR, Reason.NO_FACE, 'No face in view.', 0)
VALID_FOR = 1.0


def test_the_listener_hears_the_alert_and_its_end(tmp_path: Path) -> None:
    log = tmp_path / 'listener.log'
    with ros.peer(tmp_path) as peer, log.open('wb') as stream:
        alerts = peer.node.create_publisher(ProximityAlert, 'alert', qos.ALERT)

        def clear() -> None:
            header = conversions.Header(stamp=conversions.time_message(peer.now()))
            alerts.publish(conversions.alert_message(CLEAR, header, 0, VALID_FOR, 0))

        process = subprocess.Popen(
            [sys.executable, str(EXAMPLE), '--ros-args', '-r', f'__ns:={peer.namespace}'],
            cwd=tmp_path,
            env={**os.environ, 'ROS_DOMAIN_ID': str(peer.domain)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:

            def heard() -> list[str]:
                return re.findall(r'alert_listener\]: (\w+)', log.read_text())

            peer.until(lambda: heard() == ['UNKNOWN'])
            peer.until(lambda: heard() == ['UNKNOWN', 'CLEAR'], each=clear)
            # The publisher lives, and says no more.
            peer.until(lambda: heard() == ['UNKNOWN', 'CLEAR', 'UNKNOWN'])
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(ros.PATIENCE) == 0
    assert 'Traceback' not in log.read_text()


def test_the_page_shows_the_example_as_it_is() -> None:
    page = (DOCS / 'own_node.md').read_text(encoding='utf-8')
    (shown,) = re.findall(r'```python\n(.*?)```', page, re.DOTALL)
    code = EXAMPLE.read_text(encoding='utf-8')
    assert code.endswith(shown)
    assert len(shown.splitlines()) <= 35
