# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""`make test-apt` takes the tests that other versions can change, and leaves out the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import versions

TEST = Path(__file__).resolve().parent


@pytest.mark.parametrize(
    ('name', 'taken'),
    [
        # It computes with numpy and cv2 itself.
        ('core/rendering/test_overlay.py', True),
        # Only what it imports does, or what that imports.
        ('core/alert/test_policy.py', True),
        ('core/settings/test_parameter_file.py', True),
        # Types of numpy in annotations are all there is.
        ('core/alert/test_freshness.py', False),
        ('core/settings/test_nodes.py', False),
        # Nodes in processes: the whole node, or what of it computes.
        ('nodes/test_detector_node.py', True),
        ('ros/test_topic_recorder.py', True),
        ('nodes/detector/test_live_parameters.py', False),
        ('nodes/detector/test_diagnostics.py', False),
        # Programs whose imports cannot be seen from here.
        ('test_apt.py', True),
        ('system/test_corridor.py', True),
    ],
)
def test_what_depends_on_versions(name: str, taken: bool) -> None:
    assert versions.depends_on_versions(TEST / name) == taken


def test_every_package_of_apt_counts() -> None:
    lines = (versions.ROOT / 'requirements' / 'apt.txt').read_text(encoding='utf-8').splitlines()
    packages = {line.partition('==')[0] for line in lines if '==' in line}
    modules = {'opencv-python-headless': 'cv2', 'pillow': 'PIL', 'pyyaml': 'yaml'}
    modules['scikit-image'] = 'skimage'
    assert {modules.get(package, package) for package in packages} == versions.PACKAGES
