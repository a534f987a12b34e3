# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The alert in force: published with every image, and again at a heartbeat while it is fresh.

Everything here belongs to the worker's thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from std_msgs.msg import Header

from mask_proximity.core.alert.freshness import Freshness
from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import Alert, FrameResult, Level, Reason
from mask_proximity.nodes.detector.alert_publisher import AlertPublisher
from mask_proximity.ros import conversions

_MIN_WAIT = 0.02
"""Seconds to wait at least for an image to become stale by a clock that may be slow."""


class CurrentAlert:
    """Holds the newest alert with the image that it is about, and declares UNKNOWN when it must.

    Attributes:
        policy: The rule, which also decides since when a level holds.
        camera: Camera of the newest image; None if there is none.
        settings: Gives the newest snapshot of the settings.
        now: Gives the present time of the node's clock in nanoseconds.
    """

    def __init__(
        self,
        publisher: AlertPublisher,
        settings: Callable[[], DetectorSettings],
        now: Callable[[], int],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without an image.

        Args:
            publisher: Publishes the alerts.
            settings: Gives the newest snapshot of the settings.
            now: Gives the present time of the node's clock in nanoseconds.
            steady: Gives the time of a clock that neither stands still nor jumps, in seconds.
        """
        self.policy = AlertPolicy()
        self.camera: Pinhole | None = None
        self._publisher = publisher
        self.settings, self.now, self._steady = settings, now, steady
        self._freshness = Freshness()
        self._header: Header | None = None
        self._alert: Alert | None = None

    @property
    def clock_stood(self) -> float:
        """How long the node's clock has stood still, in seconds."""
        return self._freshness.clock_stood

    def forget_image(self) -> None:
        """Forget the newest image, as if none had come yet."""
        self._header = self.camera = None
        self._freshness.forget_image()

    def take_image(self, header: Header) -> None:
        """Note the newest image.

        Args:
            header: Its header.
        """
        self._header = header
        self._freshness.take_image(conversions.nanoseconds(header.stamp), self.now())

    def publish(self, alert: Alert) -> None:
        """Publish an alert about the newest image, or UNKNOWN if that is stale by now."""
        stale = self._freshness.stale_reason(self._look_at_clock(), self.settings())
        if stale is not None:
            self.publish_unknown(Reason.STALE_IMAGE, stale)
        else:
            self._publish(alert)

    def publish_detections(self, result: FrameResult) -> None:
        """Publish the faces of the newest image.

        Args:
            result: Result of that image.
        """
        assert self._header is not None and self.camera is not None, 'there is no image'
        self._publisher.publish_detections(result, self._header, self.camera)

    def publish_unknown(self, reason: Reason, text: str) -> None:
        """Publish UNKNOWN.

        Args:
            reason: Reason of the alert.
            text: Text of the alert, one sentence.
        """
        header = self._header
        stamp = self.now() if header is None else conversions.nanoseconds(header.stamp)
        self._publish(self.policy.unknown(stamp, reason, text)[0])

    def publish_heartbeat(self, topic: str) -> None:
        """Publish the newest alert again, or UNKNOWN if there is no image or it is stale.

        Args:
            topic: Topic of the images.
        """
        if self._header is None:
            fault = self._freshness.clock_fault(self._look_at_clock(), self.settings())
            text = fault or f'No image has arrived yet on {topic}.'
            self.publish_unknown(Reason.NO_IMAGE, text)
        elif self._alert is not None:
            self.publish(self._alert)

    def seconds_to_next(self) -> float:
        """Seconds to the next heartbeat, or until the image is stale if that is sooner."""
        settings = self.settings()
        if self._header is None or self._alert is None or self._alert.level is Level.UNKNOWN:
            return settings.heartbeat_period
        left = self._freshness.seconds_until_stale(self.now(), settings)
        return min(settings.heartbeat_period, max(left, _MIN_WAIT))

    def _look_at_clock(self) -> int:
        now = self.now()
        self._freshness.look_at_clock(now, self._steady())
        return now

    def _publish(self, alert: Alert) -> None:
        self._alert = alert
        header = self._header
        if header is None:
            header = Header(stamp=conversions.time_message(self.now()))
        self._publisher.publish_alert(alert, header, self.camera)
