# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes publishers, subscriptions and timers as every node of the package has them.

Their quality of service can be overridden by the standard `qos_overrides` parameters, a peer whose
quality of service does not fit is reported in plain words, and timers follow a clock that cannot
stand still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSPolicyKind, QoSProfile
from rclpy.subscription import Subscription
from rclpy.timer import Timer

from mask_proximity.ros import qos


def create_publisher(
    node: Node,
    message_type: type[Any],
    topic: str,
    profile: QoSProfile = qos.STREAM,
    more_policies: Sequence[QoSPolicyKind] = (),
) -> Publisher:
    """Make a publisher.

    Args:
        node: Node that publishes.
        message_type: Class of the messages.
        topic: Name of the topic, resolved by the node.
        profile: Quality of service that is offered.
        more_policies: Policies that users may override beside those of every topic.
    """
    return node.create_publisher(
        message_type,
        topic,
        profile,
        qos_overriding_options=qos.overridable(more_policies),
        event_callbacks=qos.publisher_events(node, node.resolve_topic_name(topic)),
    )


def create_subscription(
    node: Node,
    message_type: type[Any],
    topic: str,
    callback: Callable[[Any], None],
    profile: QoSProfile,
    on_incompatible: Callable[[str], None] | None = None,
) -> Subscription:
    """Make a subscription.

    Args:
        node: Node that subscribes.
        message_type: Class of the messages.
        topic: Name of the topic, resolved by the node.
        callback: Gets every message.
        profile: Quality of service that is asked for.
        on_incompatible: Called with a sentence if a publisher does not offer that; default: the
            sentence is logged as an error.
    """
    return node.create_subscription(
        message_type,
        topic,
        callback,
        profile,
        qos_overriding_options=qos.overridable(),
        event_callbacks=qos.subscription_events(
            node, node.resolve_topic_name(topic), on_incompatible
        ),
    )


def create_steady_timer(node: Node, period: float, callback: Callable[[], None]) -> Timer:
    """Make a timer that also runs while the node's clock, e.g. that of a simulation, stands still.

    Args:
        node: Node whose executor calls back.
        period: Seconds between two calls.
        callback: Called without arguments.
    """
    return node.create_timer(period, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))
