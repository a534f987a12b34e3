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
"""For whoever takes images: fits every publisher, and never builds a queue."""

STREAM = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=5,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.VOLATILE,
)
"""For what we publish frame by frame: fits every subscriber, best effort or reliable."""

TRUTH = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=1000,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
)
"""For what a simulated camera knows: a judge needs every frame, also those before it was heard."""

COMMAND = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.VOLATILE,
)
"""For what drives a robot, as Nav2 has it: the newest counts, an old one never."""

ALERT = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
)
"""For whoever takes the alert: a late subscriber gets the last word at once (and must look at its
expiry)."""


def alert_offer(within: float) -> QoSProfile:
    """ALERT with the promise that another one follows in time; for whoever publishes it.

    A subscriber that asks for this, too, is told by events when the promise is broken. Only what is
    published keeps it (MANUAL_BY_TOPIC): a worker that hangs breaks it like a process that dies.

    Args:
        within: seconds.
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
    """Lets users retune a topic's QoS by the standard qos_overrides parameters.

    Args:
        more: policies beside those that every topic has.
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
    """Says in plain words that a publisher does not offer what is asked of it.

    Args:
        node: which subscribes.
        topic: its resolved name.
        say: called with the sentence, in place of the log.
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
    """Says in plain words that a subscriber asks for more than is offered.

    Args:
        node: which publishes.
        topic: its resolved name.
    """

    def on_incompatible(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind).lower()
        node.get_logger().error(
            f'A subscriber of {topic} asks for a {policy} that is not offered, so it gets nothing; '
            f'let it ask for less, or set qos_overrides.{topic}.publisher.{policy}.'
        )

    return PublisherEventCallbacks(incompatible_qos=on_incompatible)
