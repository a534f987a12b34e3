# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The Python snippets of README and own_node.md run, and report UNKNOWN for an expired alert."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mask_proximity import client
from mask_proximity.core.types import Alert, Level, Reason
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, qos
from support import ros

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / 'README.md'
OWN_NODE = ROOT / 'docs' / 'own_node.md'
EXAMPLE = ROOT / 'docs' / 'examples' / 'alert_listener.py'
CLEAR = Alert(Level.CLEAR, Reason.NO_FACE, 'No face in view.', 0)
VALID_FOR = 1.0


def text_of(page: Path) -> str:
    return page.read_text(encoding='utf-8')


def snippet(page: Path) -> str:
    """The only Python block of a page."""
    (found,) = re.findall(r'```python\n(.*?)```', text_of(page), re.DOTALL)
    return str(found)


@contextmanager
def listening(script: Path, folder: Path) -> Iterator[tuple[ros.Peer, subprocess.Popen[bytes]]]:
    """Run a script beside a peer; its output goes to `folder`/listener.log."""
    with ros.peer(folder) as peer, (folder / 'listener.log').open('wb') as stream:
        process = subprocess.Popen(
            [sys.executable, str(script), '--ros-args', '-r', f'__ns:={peer.namespace}'],
            cwd=folder,
            env={**os.environ, 'ROS_DOMAIN_ID': str(peer.domain)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            yield peer, process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(ros.PATIENCE)


def follow_the_level(script: Path, folder: Path) -> int:
    """Publish an alert to a listener and let it expire; return the listener's exit code."""
    log = folder / 'listener.log'
    with listening(script, folder) as (peer, process):
        alerts = peer.node.create_publisher(ProximityAlert, 'alert', qos.ALERT)

        def heard() -> str:
            """The newest level in the log."""
            assert process.poll() is None, log.read_text()
            return (re.findall(r'alert_listener\]: (\w+)', log.read_text()) or [''])[-1]

        def clear() -> None:
            header = conversions.Header(stamp=conversions.time_message(peer.now()))
            alerts.publish(conversions.alert_message(CLEAR, header, 0, VALID_FOR, 0))

        peer.until(lambda: heard() == 'UNKNOWN')
        peer.until(lambda: heard() == 'CLEAR', each=clear)
        # The publisher lives, but publishes no more.
        peer.until(lambda: heard() == 'UNKNOWN')
    return process.returncode


def test_the_listener_hears_the_alert_and_its_end(tmp_path: Path) -> None:
    assert follow_the_level(EXAMPLE, tmp_path) == 0
    assert 'Traceback' not in (tmp_path / 'listener.log').read_text()


def test_the_readme_shows_a_node_that_runs(tmp_path: Path) -> None:
    script = tmp_path / 'readme.py'
    script.write_text(snippet(README), encoding='utf-8')
    follow_the_level(script, tmp_path)


def test_the_page_shows_the_example_as_it_is() -> None:
    shown = snippet(OWN_NODE)
    assert text_of(EXAMPLE).endswith(shown)
    assert len(shown.splitlines()) <= 35


@pytest.mark.parametrize('page', [README, OWN_NODE], ids=lambda page: page.name)
def test_a_snippet_imports_only_what_is_stable(page: Path) -> None:
    imports = [node for node in ast.walk(ast.parse(snippet(page))) if isinstance(node, ast.Import)]
    froms = [
        node.module or ''
        for node in ast.walk(ast.parse(snippet(page)))
        if isinstance(node, ast.ImportFrom)
    ]
    modules = [*froms, *(alias.name for node in imports for alias in node.names)]
    ours = {module for module in modules if module.startswith('mask_proximity')}
    assert ours == {'mask_proximity.client', 'mask_proximity.msg'}
    assert {module.partition('.')[0] for module in modules} <= {'mask_proximity', 'rclpy'}


def test_the_page_names_all_that_the_client_exports() -> None:
    (row,) = re.findall(r'what `mask_proximity.client` exports: (.*?) \|', text_of(OWN_NODE))
    assert sorted(re.findall(r'`(\w+)`', row)) == sorted(client.__all__)
