# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor reads from an environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mask_proximity import environment
from mask_proximity.doctor import ros_checks
from mask_proximity.doctor.report import Finding


def findings(**variables: str) -> dict[str, Finding]:
    prepared = {'AMENT_PREFIX_PATH': str(environment.prefix()), **variables}
    return {finding.subject: finding for finding in ros_checks.middleware(prepared)}


@pytest.mark.parametrize(
    ('variables', 'subject', 'outcome', 'words'),
    [
        ({}, 'middleware', 'ok', 'rmw_fastrtps_cpp (the default)'),
        ({'RMW_IMPLEMENTATION': 'rmw_x_cpp'}, 'middleware', 'FAIL', 'rmw_x_cpp'),
        ({}, 'domain', 'ok', 'ROS_DOMAIN_ID 0'),
        ({'ROS_DOMAIN_ID': '7'}, 'domain', 'ok', 'ROS_DOMAIN_ID 7'),
        ({'ROS_DOMAIN_ID': '233'}, 'domain', 'FAIL', "'233'"),
        ({'ROS_DOMAIN_ID': 'seven'}, 'domain', 'FAIL', "'seven'"),
        ({}, 'discovery', 'ok', 'the default'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'OFF'}, 'discovery', 'warn', 'static peers'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}, 'discovery', 'ok', 'SUBNET'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}, 'discovery', 'ok', 'this machine only'),
        ({'ROS_LOCALHOST_ONLY': '1'}, 'discovery', 'ok', 'ROS_LOCALHOST_ONLY=1'),
        ({}, 'room for images', 'FAIL', 'is not set'),
    ],
)
def test_middleware(variables: dict[str, str], subject: str, outcome: str, words: str) -> None:
    finding = findings(**variables)[subject]
    assert finding.outcome.value[0] == outcome and words in finding.text


def test_with_the_profile_there_is_room() -> None:
    prepared: dict[str, str] = {}
    environment.prepare(prepared)
    found = findings(**prepared)
    assert found['room for images'].text.startswith('32 MB of shared memory')
    assert 'MB free' in found['/dev/shm'].text
    assert 'room for images' not in findings(RMW_IMPLEMENTATION='rmw_cyclonedds_cpp', **prepared)


def test_ros_is_named_and_a_prefix_that_is_not_sourced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(environment.prefix()))
    monkeypatch.delenv('ROS_DISTRO', raising=False)
    (ros,) = ros_checks.ros()
    assert ros.text.split()[0] in ('humble', 'jazzy', 'kilted') and 'is not set' in ros.text
    monkeypatch.setenv('ROS_DISTRO', 'rolling')
    monkeypatch.setenv('AMENT_PREFIX_PATH', os.pathsep.join(['/opt/ros/rolling', '/other']))
    ros, index = ros_checks.ros()
    assert ros.text == f'rolling in {environment.prefix()}'
    assert f'export AMENT_PREFIX_PATH={environment.prefix()}' in index.command


def test_the_release_is_told_by_its_rclpy(tmp_path: Path) -> None:
    for version, distro in (('3.3.13', 'humble'), ('99.1.0', 'with rclpy 99.1.0')):
        manifest = tmp_path / 'share' / 'rclpy' / 'package.xml'
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text(f'<package><version>{version}</version></package>')
        assert ros_checks._distro(tmp_path) == distro
