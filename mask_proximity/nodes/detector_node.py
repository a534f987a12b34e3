# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""detector_node: images in, detections and the proximity alert out.

The executor's thread takes images and parameters; one worker thread does everything else, so the
pipeline, the policy and the publishers have a single owner. If a net hangs, the alerts stop, and
the consumers see them expire.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.alert import AlertPolicy, staleness
from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.distance import FocalLength
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.pipeline import Pipeline, load_nets
from mask_proximity.core.scene import Alert, Reason
from mask_proximity.msg import ProximityAlert
from mask_proximity.nodes import conversions, qos, topics
from mask_proximity.nodes.newest import NewestSlot
from mask_proximity.nodes.parameters import NodeParameters
from mask_proximity.nodes.runner import run
from mask_proximity.nodes.worker import WorkerNode


class DetectorNode(WorkerNode):
    """Detects faces and masks in the newest image and publishes what the robot should know."""

    def __init__(self) -> None:
        """Declare parameters and topics, say UNKNOWN, and start the worker.

        Raises:
            SettingsError: a parameter breaks a rule.
        """
        super().__init__('detector_node')
        self._node_parameters = NodeParameters(self, DetectorSettings)
        self._policy = AlertPolicy()
        self._pipeline: Pipeline | None = None
        self._camera_info: CameraInfo | None = None
        self._slot: NewestSlot[Image] = NewestSlot()
        self._header: Header | None = None
        self._alert: Alert | None = None
        self._trouble = ''

        overridable = qos.overridable()
        self._detections = self.create_publisher(
            Detection2DArray, 'detections', qos.STREAM, qos_overriding_options=overridable
        )
        self._alerts = self.create_publisher(
            ProximityAlert, 'alert', qos.ALERT, qos_overriding_options=overridable
        )
        self.create_subscription(
            Image,
            topics.IMAGES,
            self._slot.put,
            qos.NEWEST_IMAGE,
            qos_overriding_options=overridable,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._on_incompatible_qos),
        )
        self.create_subscription(
            CameraInfo,
            topics.camera_info_topic(self),
            self._on_camera_info,
            qos.NEWEST_IMAGE,
            qos_overriding_options=overridable,
        )
        self.start_worker(self._work)

    def stop_worker(self) -> None:
        """See WorkerNode.stop_worker."""
        self._slot.close()

    def _on_camera_info(self, info: CameraInfo) -> None:
        self._camera_info = info

    def _on_incompatible_qos(self, event: QoSRequestedIncompatibleQoSInfo) -> None:
        self.get_logger().error(
            'A publisher of the images does not offer the quality of service that is asked for '
            f'({event.last_policy_kind}); set qos_overrides for image_raw to what it offers.'
        )

    def _work(self) -> None:
        self._declare_unknown(Reason.INACTIVE, 'The detector is starting.')
        self._load()
        period = self._node_parameters.current.heartbeat_period
        due = time.monotonic()
        while not self._slot.closed:
            message = self._slot.take(timeout=max(0.0, due - time.monotonic()))
            if self._slot.closed:
                break
            if message is None:
                self._heartbeat()
            else:
                self._process(message)
            due = time.monotonic() + period

    def _load(self) -> None:
        settings = self._node_parameters.current
        try:
            started = time.monotonic()
            self._pipeline = Pipeline(load_nets(settings), self._policy)
        except MaskProximityError as error:
            self._report(str(error))
            return
        self.get_logger().info(
            f'Ready after {time.monotonic() - started:.1f} s: faces by {settings.face_model}, '
            f'masks by {self._pipeline.nets.masks.name}; waiting for images on '
            f'{self.resolve_topic_name(topics.IMAGES)}.'
        )

    def _process(self, message: Image) -> None:
        self._header = message.header
        if self._pipeline is None:
            self._declare_unknown(Reason.FAULT, self._trouble)
            return
        settings = self._node_parameters.current
        stamp = conversions.nanoseconds(message.header.stamp)
        try:
            image = conversions.image_from_message(message)
            scene = self._pipeline.process(image, stamp, settings, self._focal_length(message))
        except MaskProximityError as error:
            self._report(str(error))
            self._declare_unknown(Reason.FAULT, self._trouble)
            return
        except Exception as error:
            # One frame that breaks a library must not end the watch over the next ones.
            self._report(f'an image could not be processed ({type(error).__name__}: {error})')
            self._declare_unknown(Reason.FAULT, self._trouble)
            return
        if self._trouble:
            self.get_logger().info('Images are processed again.')
            self._trouble = ''
        self._detections.publish(conversions.detections_message(scene, message.header))
        stale = staleness(self._now(), stamp, settings)
        if stale is not None:
            self._declare_unknown(Reason.STALE_IMAGE, stale)
        else:
            self._publish(scene.alert)

    def _heartbeat(self) -> None:
        if self._pipeline is None:
            self._declare_unknown(Reason.FAULT, self._trouble)
        elif self._header is None:
            self._declare_unknown(
                Reason.NO_IMAGE,
                f'No image has arrived yet on {self.resolve_topic_name(topics.IMAGES)}.',
            )
        else:
            stamp = conversions.nanoseconds(self._header.stamp)
            stale = staleness(self._now(), stamp, self._node_parameters.current)
            if stale is not None:
                self._declare_unknown(Reason.STALE_IMAGE, stale)
            elif self._alert is not None:
                self._publish(self._alert)

    def _declare_unknown(self, reason: Reason, text: str) -> None:
        stamp = self._now()
        if self._header is not None:
            stamp = conversions.nanoseconds(self._header.stamp)
        self._publish(self._policy.unknown(stamp, reason, text))

    def _publish(self, alert: Alert) -> None:
        self._alert = alert
        now = self._now()
        header = self._header
        if header is None:
            header = Header(stamp=conversions.time_message(now))
        self._alerts.publish(
            conversions.alert_message(
                alert,
                header,
                latency=now - conversions.nanoseconds(header.stamp),
                valid_for=self._node_parameters.current.valid_for,
                frames_dropped=self._slot.dropped,
            )
        )

    def _report(self, trouble: str) -> None:
        """Log a trouble once, however many frames have it."""
        if trouble != self._trouble:
            self._trouble = trouble
            self.get_logger().error(trouble)

    def _focal_length(self, message: Image) -> FocalLength | None:
        info = self._camera_info
        if info is None:
            return None
        return conversions.focal_length_from_message(info, message.width)

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run detector_node."""
    return run(DetectorNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
