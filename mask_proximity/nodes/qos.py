# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The qualities of service of every topic, in one place; all can be overridden from YAML."""

from __future__ import annotations

from rclpy.qos import QoSDurabilityPolicy, QoSHistoryPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

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

ALERT = QoSProfile(
    history=QoSHistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
)
"""For the alert: a late subscriber gets the last word at once (and must look at its expiry)."""


def overridable() -> QoSOverridingOptions:
    """Lets users retune a topic's QoS by the standard qos_overrides parameters."""
    return QoSOverridingOptions.with_default_policies()
