# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The topics of the README are those of the running nodes."""

from __future__ import annotations

import re
from pathlib import Path

import ros

README = Path(__file__).resolve().parents[2] / 'README.md'
NODES = ('camera_node', 'detector_node', 'overlay_node')
# What every node of rclpy publishes.
OF_RCLPY = {'parameter_events', '/parameter_events', '/rosout'}

Topics = set[tuple[str, str, str, str, str]]


def documented() -> Topics:
    """Node, topic, type, reliability and durability of what the README says is published."""
    found = set()
    node = ''
    for line in README.read_text(encoding='utf-8').splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if len(cells) != 4:
            continue
        node = cells[0] or node
        published = re.match('publishes `(\\w+)`', cells[1])
        if published and node in NODES:
            kind = cells[2].split()[0].replace('/', '/msg/')
            quality = [part.strip() for part in cells[3].split(',')]
            durability = 'TRANSIENT_LOCAL' if 'transient local' in quality else 'VOLATILE'
            reliability = quality[0].upper().replace(' ', '_')
            found.add((node, published[1], kind, reliability, durability))
    return found


def published(peer: ros.Peer) -> Topics:
    """The same of the nodes in a peer's namespace."""
    found = set()
    for topic, _ in peer.node.get_topic_names_and_types():
        for info in peer.node.get_publishers_info_by_topic(topic):
            if info.node_namespace == peer.namespace and info.node_name in NODES:
                name = topic.removeprefix(peer.namespace + '/')
                quality = info.qos_profile
                found.add(
                    (
                        info.node_name,
                        name,
                        info.topic_type,
                        quality.reliability.name,
                        quality.durability.name,
                    )
                )
    return {entry for entry in found if entry[1] not in OF_RCLPY}


def test_the_topics_of_the_readme_are_those_of_the_nodes(peer: ros.Peer) -> None:
    expected = documented()
    assert {node for node, *_ in expected} == set(NODES)
    peer.start('camera_node', source='simulated')
    peer.start('detector_node')
    peer.start('overlay_node')
    peer.until(lambda: len(published(peer)) >= len(expected))
    assert published(peer) == expected
