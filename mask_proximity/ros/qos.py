# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The qualities of service of every topic, in one place; all can be overridden from YAML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import (
    QoSDurabilityPolicy,
    QoSHistoryPolicy,
    QoSLivelinessPolicy,
    QoSPolicyKind,
    QoSProfile,
    QoSReliabilityPolicy,
    qos_policy_name_from_kind,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks

NEWEST_IMAGE = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=QoSReliabilityPolicy.BEST_EFFORT,
    durability=QoSDurabilityPolicy.VOLATILE,
)
"""For subscribers to images: compatible with every publisher, and never builds a queue."""

STREAM = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=5,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.VOLATILE,
)
"""For what is published per frame: compatible with best-effort and reliable subscribers."""

TRUTH = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=1000,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
)
"""For ground truth: a verdict needs every frame, including those before it subscribed."""

COMMAND = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.VOLATILE,
)
"""For velocity commands, as in Nav2: only the newest one counts, never an old one."""

ALERT = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
)
"""For subscribers to the alert: a late one gets the latest alert at once, and must check its
expiry."""


def alert_offer(within: float) -> QoSProfile:
    """ALERT with a deadline and a liveliness lease, for the publisher.

    A subscriber that asks for them, too, gets an event when one is missed. Only a published message
    counts (MANUAL_BY_TOPIC), so a worker that hangs misses them just as a process that dies does.

    Args:
        within: Deadline and lease in seconds.
    """
    return QoSProfile(
        history=ALERT.history,
        depth=ALERT.depth,
        reliability=ALERT.reliability,
        durability=ALERT.durability,
        deadline=Duration(seconds=within),
        liveliness=QoSLivelinessPolicy.MANUAL_BY_TOPIC,
        liveliness_lease_duration=Duration(seconds=within),
    )


DEADLINE_POLICIES = (
    QoSPolicyKind.DEADLINE,
    QoSPolicyKind.LIVELINESS,
    QoSPolicyKind.LIVELINESS_LEASE_DURATION,
)
"""What `alert_offer` has beside ALERT, for `overridable`."""


def overridable(more: Sequence[QoSPolicyKind] = ()) -> QoSOverridingOptions:
    """Let users retune a topic's QoS by the standard qos_overrides parameters.

    Args:
        more: Policies in addition to those that every topic has.
    """
    return QoSOverridingOptions(
        policy_kinds=(
            QoSPolicyKind.HISTORY,
            QoSPolicyKind.DEPTH,
            QoSPolicyKind.RELIABILITY,
            QoSPolicyKind.DURABILITY,
            *more,
        )
    )


def subscription_events(
    node: Node, topic: str, say: Callable[[str], None] | None = None
) -> SubscriptionEventCallbacks:
    """Report in plain words that a publisher does not offer the requested quality of service.

    Args:
        node: Node that subscribes.
        topic: Resolved name of the topic.
        say: Called with the sentence; default: it is logged as an error.
    """

    def on_incompatible(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind).lower()
        (say or node.get_logger().error)(
            f'A publisher of {topic} does not offer the {policy} that is asked for, so nothing of '
            f'it arrives; set qos_overrides.{topic}.subscription.{policy} to what it offers (ros2 '
            'topic info --verbose shows it).'
        )

    return SubscriptionEventCallbacks(incompatible_qos=on_incompatible)


def publisher_events(node: Node, topic: str) -> PublisherEventCallbacks:
    """Report in plain words that a subscriber requests more than is offered.

    Args:
        node: Node that publishes.
        topic: Resolved name of the topic.
    """

    def on_incompatible(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind).lower()
        node.get_logger().error(
            f'A subscriber of {topic} asks for a {policy} that is not offered, so it gets nothing; '
            f'let it ask for less, or set qos_overrides.{topic}.publisher.{policy}.'
        )

    return PublisherEventCallbacks(incompatible_qos=on_incompatible)
