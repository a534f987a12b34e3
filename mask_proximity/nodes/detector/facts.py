# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A snapshot of detector_node for its diagnostics."""

from __future__ import annotations

import dataclasses
import math
import time

from rclpy.node import Node

from mask_proximity.core.monitoring.health import MESSAGE_TYPES, Activity, Facts
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import Reason
from mask_proximity.nodes.detector.handover import DetectorSlot, Idle, WorkerReport
from mask_proximity.nodes.detector.inputs import DetectorInputs
from mask_proximity.nodes.detector.models import Models
from mask_proximity.nodes.detector.worker import DetectorWorker
from mask_proximity.ros import topics


def gather_facts(
    node: Node,
    settings: DetectorSettings,
    slot: DetectorSlot,
    worker: DetectorWorker,
    inputs: DetectorInputs,
    models: Models,
    active: bool,
) -> Facts:
    """Gather the facts; in the executor's thread.

    Args:
        node: The detector.
        settings: Settings in force.
        slot: Its state says what the detector is doing.
        worker: Gives its report.
        inputs: Give the statistics of the newest stream of images.
        models: Give the nets in use.
        active: Whether the node is active.
    """
    state, report, loaded = slot.state, worker.report, models.loaded
    if loaded is None:
        activity = Activity.UNCONFIGURED
    elif not active:
        activity = Activity.INACTIVE
    else:
        activity = Activity.NO_LISTENERS if isinstance(state, Idle) else Activity.ACTIVE
    if report.state is not state:
        # The worker has not seen this state yet, so its report is about another stream.
        report = WorkerReport(state, clock_stood=report.clock_stood)
    model_fault = report.model_fault
    if isinstance(state, Idle) and state.reason is Reason.FAULT:
        model_fault = state.text
    if loaded is not None:
        settings = dataclasses.replace(settings, mask_backend=loaded.nets.masks.name)
    return Facts(
        topic=topics.image_topic(node, settings.image_transport),
        type=MESSAGE_TYPES[settings.image_transport],
        settings=settings,
        clock=int(node.get_clock().now().nanoseconds),
        measured=inputs.statistics.measure(time.monotonic()),
        activity=activity,
        clock_stood=report.clock_stood,
        image_fault=report.image_fault,
        camera_fault=report.camera_fault,
        model_fault=model_fault,
        models=loaded.facts if loaded is not None else (),
        expected=loaded.rate if loaded is not None else math.nan,
        dropped=slot.dropped,
    )
