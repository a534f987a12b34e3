# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the processes of the package get, and that images then really arrive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sensor_msgs.msg import Image as ImageMessage

from mask_proximity import environment
from support import ros


def test_the_launch_files_can_import_it_without_numpy_and_opencv(tmp_path: Path) -> None:
    code = 'import sys, mask_proximity.environment; print({"numpy", "cv2"} & sys.modules.keys())'
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ('set()\n', '')


def test_what_the_user_has_set_stays(tmp_path: Path) -> None:
    own = {
        name: str(tmp_path)
        for name in (
            'FASTRTPS_DEFAULT_PROFILES_FILE',
            'FASTDDS_DEFAULT_PROFILES_FILE',
        )
    }
    prepared = {**own, 'AMENT_PREFIX_PATH': '/opt/ros/jazzy'}
    environment.prepare(prepared)
    assert prepared.pop('AMENT_PREFIX_PATH').split(os.pathsep) == [
        str(environment.prefix()),
        '/opt/ros/jazzy',
    ]
    assert prepared == own


@pytest.mark.parametrize(
    ('library', 'variable'),
    [
        ('libfastrtps.so.2.14', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
        ('libfastdds.so.3.2', 'FASTDDS_DEFAULT_PROFILES_FILE'),
    ],
)
def test_the_profile_variable_follows_the_fast_dds(
    tmp_path: Path, library: str, variable: str
) -> None:
    (tmp_path / 'ros' / 'lib').mkdir(parents=True)
    (tmp_path / 'ros' / 'lib' / library).touch()
    prefixes = [str(tmp_path / 'workspace'), str(tmp_path / 'ros')]
    assert environment.profile_variable(prefixes) == variable


def test_the_profile_is_the_packages_own(tmp_path: Path) -> None:
    prepared: dict[str, str] = {}
    environment.prepare(prepared)
    prepared.pop('AMENT_PREFIX_PATH')
    (profile,) = prepared.values()
    assert Path(profile).is_file() and Path(profile).name == 'fastdds.xml'


def test_no_image_is_lost_between_two_processes_at_rest(tmp_path: Path) -> None:
    """By Fast DDS's default profile, half of such images or more do not arrive."""
    picture = np.zeros((480, 640, 3), np.uint8)
    with ros.peer(tmp_path) as peer:
        drawn = peer.collect(ImageMessage, 'image_overlay')
        alerts = peer.collect_alerts()
        images = peer.image_publisher()
        peer.start('detector_node')
        peer.start('overlay_node')
        peer.until(lambda: drawn and alerts, each=lambda: images.publish(peer.image(picture)))
        assert images.get_subscription_count() == 2
        for _ in range(12):
            drawn.clear()
            sent = peer.image(picture)
            images.publish(sent)
            # Both best-effort subscriptions got it, or the pair would not be drawn.
            peer.until(
                lambda sent=sent: any(m.header.stamp == sent.header.stamp for m in drawn),
                seconds=20.0,
            )
