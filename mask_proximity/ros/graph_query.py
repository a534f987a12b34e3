# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the ROS graph shows of the images: who publishes them, and where else there are some."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import (
    QoSCompatibility,
    QoSDurabilityPolicy,
    QoSProfile,
    QoSReliabilityPolicy,
    qos_check_compatible,
)

from mask_proximity.core.monitoring.health import COMPRESSED_IMAGE, RAW_IMAGE, Graph, Publisher

UNKNOWN_NAME = '_NODE_NAME_UNKNOWN_'
"""Name that rmw gives to a node that is not discovered yet or does not belong to ROS."""


def look(node: Node, topic: str, subscriber: str) -> Graph:
    """Query the publishers of a topic, and the other topics with images.

    Args:
        node: Node whose graph queries are used.
        topic: Full name of the topic of the images.
        subscriber: Full name of the node that takes the images; its subscription, if it has one,
            decides which quality of service fits.
    """
    wanted = next(
        (
            info.qos_profile
            for info in node.get_subscriptions_info_by_topic(topic)
            if full_name(info.node_namespace, info.node_name) == subscriber
        ),
        None,
    )
    publishers = []
    for info in node.get_publishers_info_by_topic(topic):
        policy, value = first_incompatible_policy(info.qos_profile, wanted) if wanted else ('', '')
        name = full_name(info.node_namespace, info.node_name)
        publishers.append(Publisher(name, info.topic_type, policy, value))
    others = [
        (name, kind)
        for name, kinds in node.get_topic_names_and_types()
        for kind in kinds
        if kind in (RAW_IMAGE, COMPRESSED_IMAGE)
        and name != topic
        # Names with '/_' are hidden by ROS's convention; the doctor's own images have one.
        and '/_' not in name
        and node.count_publishers(name)
    ]
    return Graph(publishers, others)


def first_incompatible_policy(offered: QoSProfile, wanted: QoSProfile) -> tuple[str, str]:
    """The policy by which a publisher cannot serve a subscription, and what would fit.

    Returns:
        ('', '') if it can; the second is '' if no qos_overrides parameter helps.
    """
    best_effort = QoSReliabilityPolicy.BEST_EFFORT
    if offered.reliability == best_effort and wanted.reliability == QoSReliabilityPolicy.RELIABLE:
        return 'reliability', 'best_effort'
    volatile, latched = QoSDurabilityPolicy.VOLATILE, QoSDurabilityPolicy.TRANSIENT_LOCAL
    if offered.durability == volatile and wanted.durability == latched:
        return 'durability', 'volatile'
    if qos_check_compatible(offered, wanted)[0] == QoSCompatibility.ERROR:
        return 'deadline or liveliness', ''
    return '', ''


def full_name(namespace: str, name: str) -> str:
    """A node's name as the user knows it."""
    if name == UNKNOWN_NAME:
        return 'a node of unknown name'
    return f'{namespace.rstrip("/")}/{name}'
