# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""docs/nodes.md says what the running nodes have: topics, types, qualities of service, services."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path

from rcl_interfaces.srv import ListParameters
from sensor_msgs.msg import Image

from mask_proximity import environment
from mask_proximity.ros import qos
from support import ros

PAGE = Path(__file__).resolve().parents[2] / 'docs' / 'nodes.md'
# What every node of rclpy has.
OF_RCLPY = {'/parameter_events', '/rosout'}
SERVICES_OF_RCLPY = re.compile(
    r'/(describe|get|list|set)_parameter|/set_parameters_atomically|/get_type_description'
)
# Their qualities of service are a convention, and the lifecycle's own.
FIXED = {'/diagnostics', 'detector_node/transition_event'}
# Of the alert alone.
DEADLINE_POLICIES = {kind.name.lower() for kind in qos.DEADLINE_POLICIES}
# Kind (published, subscribed or service), node, name, type, reliability, durability.
Row = tuple[str, str, str, str, str, str]


def documented() -> set[Row]:
    """The rows of the page."""
    found: set[Row] = set()
    node = kind = ''
    for line in PAGE.read_text(encoding='utf-8').splitlines():
        if line.startswith('## '):
            node, kind = line.removeprefix('## '), ''
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if cells[0] in ('published', 'subscribed', 'service', 'transition', 'file'):
            kind = cells[0]
        name = re.fullmatch('`(.*)`', cells[0])
        if node not in environment.NODES or kind in ('transition', '') or name is None:
            continue
        type_ = cells[1].replace('/', '/srv/' if kind == 'service' else '/msg/')
        quality = [part.strip() for part in cells[2].split(',')] if kind != 'service' else ['', '']
        reliability, durability = (part.upper().replace(' ', '_') for part in quality[:2])
        topic = name[1].replace('~/', f'{node}/')
        found.add((kind, node, topic, type_, reliability, durability))
    return found


def running(peer: ros.Peer) -> Counter[Row]:
    """The same of the nodes in a peer's namespace."""
    found: Counter[Row] = Counter()
    for topic, _ in peer.node.get_topic_names_and_types():
        for kind, endpoints in (
            ('published', peer.node.get_publishers_info_by_topic(topic)),
            ('subscribed', peer.node.get_subscriptions_info_by_topic(topic)),
        ):
            for info in endpoints:
                ours = info.node_namespace == peer.namespace and info.node_name in environment.NODES
                if ours and topic.removeprefix(peer.namespace) not in OF_RCLPY:
                    quality = info.qos_profile
                    found[
                        (
                            kind,
                            info.node_name,
                            topic.removeprefix(peer.namespace + '/'),
                            info.topic_type,
                            quality.reliability.name,
                            quality.durability.name,
                        )
                    ] += 1
    for node in environment.NODES:
        if (node, peer.namespace) in peer.node.get_node_names_and_namespaces():
            services = peer.node.get_service_names_and_types_by_node(node, peer.namespace)
            for name, types in services:
                if not SERVICES_OF_RCLPY.search(name):
                    short = name.removeprefix(peer.namespace + '/')
                    found[('service', node, short, types[0], '', '')] += 1
    return found


def parameters(peer: ros.Peer, node: str, prefix: str) -> set[str]:
    """The names of a node's parameters below a prefix."""
    names = peer.call(
        ListParameters, f'{node}/list_parameters', ListParameters.Request()
    ).result.names
    return {name.rpartition('.')[2] for name in names if name.startswith(prefix)}


def test_the_page_is_what_the_nodes_have(peer: ros.Peer) -> None:
    expected = documented()
    assert {row[1] for row in expected} == set(environment.NODES)
    for topic, package in (('annotations', 'foxglove_msgs'), ('speed_limit', 'nav2_msgs')):
        if importlib.util.find_spec(package) is None:
            expected = {row for row in expected if row[2] != topic}
    asked_for = {row for row in expected if row[2] in ('image_raw/compressed', 'depth')}
    assert len(asked_for) == 3
    peer.collect(Image, 'image_overlay')
    peer.start('camera_node', source='simulated:corridor')
    peer.start('detector_node')
    peer.start('overlay_node')
    peer.start('speed_governor_node')
    peer.until(lambda: set(running(peer)) >= expected - asked_for)
    assert set(running(peer)) == expected - asked_for
    assert set(running(peer).values()) == {1}, 'no endpoint twice'
    for kind, node, topic, *_ in expected - asked_for:
        if kind != 'service' and topic not in FIXED:
            side = 'publisher' if kind == 'published' else 'subscription'
            prefix = f'qos_overrides.{peer.namespace}/{topic}.{side}'
            policies = parameters(peer, node, prefix)
            more = DEADLINE_POLICIES if (kind, topic) == ('published', 'alert') else set()
            assert policies == {'depth', 'durability', 'history', 'reliability'} | more, prefix
    for node in ('detector_node', 'overlay_node'):
        assert peer.set(node, image_transport='compressed')[0].successful
    assert peer.set('detector_node', use_depth=True)[0].successful
    peer.until(lambda: set(running(peer)) >= asked_for)
