# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What rosdep brings from apt is enough: everything else is out of sight here, and it runs."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest

from mask_proximity import environment
from mask_proximity.core.types import Image
from mask_proximity.msg import ProximityAlert
from support import ros
from support.third_party import THIRD_PARTY

# Runs when a Python starts, before anything of ours.
BLOCKER = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {names!r}:
            raise ModuleNotFoundError(f'apt does not have {{name}}', name=name)

sys.meta_path.insert(0, Absent())
"""


def normal(name: str) -> str:
    return re.sub('[-_.]+', '-', name).lower()


def with_requirements(names: set[str], installed: set[str]) -> set[str]:
    """Distributions and all that they declare to need, of those that are installed."""
    found: set[str] = set()
    while names:
        found |= names
        needed = {
            normal(re.split(r'[^\w.-]', line, maxsplit=1)[0])
            for name in names
            for line in distribution(name).requires or ()
            if 'extra ==' not in line
        }
        names = (needed & installed) - found
    return found


@pytest.fixture
def only_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Hide from every Python that is started what neither rosdep nor ROS brings.

    Returns:
        The names of the hidden modules.
    """
    by_module = {
        module: {normal(name) for name in names}
        for module, names in packages_distributions().items()
    }
    installed = {name for names in by_module.values() for name in names}
    ros_wheels = {name for name in installed if name.startswith('ros-')}
    ours = {name for module in THIRD_PARTY for name in by_module[module]}
    apt = with_requirements(ours | ros_wheels, installed) | {'mask-proximity'}
    hidden = {module for module, names in by_module.items() if not names & apt}
    folder = tmp_path / 'absent'
    folder.mkdir()
    (folder / 'sitecustomize.py').write_text(BLOCKER.format(names=hidden))
    monkeypatch.setenv('PYTHONPATH', str(folder))
    return hidden | {'ai_edge_litert', 'keras', 'tensorflow'}


@pytest.mark.parametrize(
    'module',
    ['mask_proximity.cli', *(f'mask_proximity.nodes.{name}' for name in environment.NODES)],
)
def test_it_starts_with_what_apt_has(only_apt: set[str], tmp_path: Path, module: str) -> None:
    code = f'import {module}, sys; print(*sys.modules)'
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=tmp_path, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert module in done.stdout.split()
    assert not only_apt.intersection(done.stdout.split())


def test_the_detector_works_with_what_apt_has(
    only_apt: set[str], tmp_path: Path, near_portrait: Image
) -> None:
    with ros.peer(tmp_path) as peer:
        alerts = peer.collect_alerts()
        images = peer.image_publisher()
        process = peer.start('detector_node')
        alert = peer.until(
            lambda: next((each for each in alerts if each.level == ProximityAlert.ALERT), None),
            each=lambda: images.publish(peer.image(near_portrait)),
        )
        assert alert.text == 'Maintain Distance'
        assert 'faces by ssd on OpenCV (' in process.text
        assert 'masks by mask_classifier on OpenCV, ' in process.text
        process.end()
        alerts.clear()
        process = peer.start('detector_node', mask_backend='litert')
        fault = peer.until(
            lambda: next(
                (each for each in alerts if each.reason == ProximityAlert.REASON_FAULT), None
            )
        )
        assert "'pip install ai-edge-litert'" in fault.text
        assert 'Traceback' not in process.text
