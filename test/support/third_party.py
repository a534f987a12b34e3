# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the package takes from others, by the names that Python, rosdep and PyPI know it by."""

from __future__ import annotations

# Import name -> (rosdep key, name on PyPI).
THIRD_PARTY = {
    'cv2': ('python3-opencv', 'opencv-python-headless'),
    'jinja2': ('python3-jinja2', 'jinja2'),
    'matplotlib': ('python3-matplotlib', 'matplotlib'),
    'numpy': ('python3-numpy', 'numpy'),
    'pygame': ('python3-pygame', 'pygame-ce'),
    'scipy': ('python3-scipy', 'scipy'),
    'skimage': ('python3-skimage', 'scikit-image'),
    'tqdm': ('python3-tqdm', 'tqdm'),
    'yaml': ('python3-yaml', 'pyyaml'),
}
# Import name -> rosdep key, of what only tests use.
TEST_TOOLS = {
    'PIL': 'python3-pil',
    'hypothesis': 'python3-hypothesis',
    'pytest': 'python3-pytest',
}
# Not in rosdep; imported only when the setting mask_backend asks for them.
WITHOUT_KEY = {'ai_edge_litert': 'runtime.txt', 'keras': 'train.txt', 'tensorflow': 'train.txt'}
# Packages of ROS that are used where a robot has them, and never asked for.
OPTIONAL = {'diagnostic_updater', 'foxglove_msgs', 'nav2_msgs'}
