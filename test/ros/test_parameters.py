# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The table of settings and the parameter server of each running node are one."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import ListParameters

from mask_proximity import environment
from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings_table import setting_rows
from support import ros

TYPES = {
    'bool': ParameterType.PARAMETER_BOOL,
    'int': ParameterType.PARAMETER_INTEGER,
    'double': ParameterType.PARAMETER_DOUBLE,
    'string': ParameterType.PARAMETER_STRING,
}
OF_ROS = ('qos_overrides.', 'diagnostic_updater.')
OF_RCLPY = {'use_sim_time', 'start_type_description_service'}


@pytest.mark.parametrize('node', NODES)
def test_what_a_node_declares_is_its_table(node: str, peer: ros.Peer) -> None:
    # A camera that delivers nothing and is no device of this machine.
    peer.start(node, **({'source': '/nowhere'} if node == 'camera_node' else {}))
    listed = peer.call(ListParameters, f'{node}/list_parameters', ListParameters.Request())
    names = {name for name in listed.result.names if not name.startswith(OF_ROS)} - OF_RCLPY
    rows = setting_rows(NODES[node])
    assert names == {row.name for row in rows}
    for row, descriptor in zip(rows, peer.describe(node, *(r.name for r in rows)), strict=True):
        assert descriptor.type == TYPES[row.type_name], row.name
        assert descriptor.description.startswith(row.description)
        assert row.unit in descriptor.description
        assert descriptor.read_only == (not row.live), row.name
        ranges = [*descriptor.floating_point_range, *descriptor.integer_range]
        limits = [(r.from_value, r.to_value) for r in ranges]
        assert limits == ([] if row.minimum is None else [(row.minimum, row.maximum)]), row.name
        assert all(choice in descriptor.additional_constraints for choice in row.choices)


@pytest.mark.parametrize('node', [node for node in NODES if node != 'camera_node'])
def test_the_parameter_file_of_the_package_gives_the_defaults(node: str, peer: ros.Peer) -> None:
    share = environment.prefix() / 'share' / 'mask_proximity'
    process = peer.start(node, params_file=share / 'config' / 'mask_proximity.yaml')
    rows = setting_rows(NODES[node])
    assert peer.get(node, *(row.name for row in rows)) == [row.default for row in rows]
    assert 'error' not in process.text.lower()


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize('name', ['delay_off', 'horizontal_fov', 'crop_margin'])
def test_no_number_is_refused(name: str, value: float, peer: ros.Peer) -> None:
    peer.start('detector_node')
    (before,) = peer.get('detector_node', name)
    (result,) = peer.set('detector_node', **{name: value})
    assert not result.successful and name in result.reason
    assert peer.get('detector_node', name) == [before]


def test_a_set_is_taken_as_a_whole_or_not_at_all(peer: ros.Peer) -> None:
    peer.start('detector_node')
    names = ('delay_off', 'caution_width_ratio', 'alert_width_ratio')
    before = peer.get('detector_node', *names)
    result = peer.set_together(
        'detector_node', delay_off=2.0, caution_width_ratio=0.3, alert_width_ratio=0.2
    )
    assert not result.successful
    assert 'caution_width_ratio (0.3) must be at most alert_width_ratio (0.2)' in result.reason
    assert peer.get('detector_node', *names) == before


def test_a_file_for_another_node_is_no_file_for_this_one(peer: ros.Peer, tmp_path: Path) -> None:
    file = tmp_path / 'other.yaml'
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': {'max_vel_x': 0.5}}}))
    process = peer.start('detector_node', params_file=file)
    peer.until(lambda: "there is no parameter 'max_vel_x'" in process.text)
