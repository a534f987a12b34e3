# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The smallest node that has Diagnostics: takes images, and 'works' on them as long as told."""

from __future__ import annotations

import sys
import time

from rclpy.event_handler import SubscriptionEventCallbacks
from sensor_msgs.msg import Image

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.errors import ImageError
from mask_proximity.core.health import Activity, Facts, model_facts
from mask_proximity.core.rates import Rates
from mask_proximity.nodes import conversions, qos, topics
from mask_proximity.nodes.diagnostics import Diagnostics
from mask_proximity.nodes.newest import NewestSlot
from mask_proximity.nodes.runner import run
from mask_proximity.nodes.worker import WorkerNode


class WatchedNode(WorkerNode):
    def __init__(self) -> None:
        super().__init__('watched_node')
        self._work_time = self.declare_parameter('work_time', 0.0).value
        self._faces = self.declare_parameter('faces', 1).value
        self._activity = Activity[self.declare_parameter('activity', 'ACTIVE').value]
        self._slot: NewestSlot[Image] = NewestSlot()
        self._trouble = ''
        self._rates = Rates(time.monotonic())
        diagnostics = Diagnostics(self, self._facts)
        if self._activity is Activity.ACTIVE:
            self.create_subscription(
                Image,
                topics.IMAGES,
                self._on_image,
                qos.NEWEST_IMAGE,
                qos_overriding_options=qos.overridable(),
                event_callbacks=SubscriptionEventCallbacks(
                    incompatible_qos=diagnostics.on_incompatible_qos
                ),
            )
        self.start_worker(self._work)

    def stop_worker(self) -> None:
        self._slot.close()

    def _on_image(self, message: Image) -> None:
        stamp = conversions.nanoseconds(message.header.stamp)
        self._rates.arrived(time.monotonic(), (self._now() - stamp) / 1e9 if stamp else None)
        self._slot.put(message)

    def _work(self) -> None:
        while not self._slot.closed:
            message = self._slot.take(timeout=0.5)
            if message is None:
                continue
            try:
                conversions.image_from_message(message)
            except ImageError as error:
                self._trouble = str(error)
                continue
            self._trouble = ''
            time.sleep(self._work_time)
            latency = (self._now() - conversions.nanoseconds(message.header.stamp)) / 1e9
            self._rates.processed(time.monotonic(), latency, self._faces)

    def _facts(self) -> Facts:
        settings = DetectorSettings()
        return Facts(
            topic=self.resolve_topic_name(topics.IMAGES),
            settings=settings,
            clock=self._now(),
            measured=self._rates.measure(time.monotonic()),
            activity=self._activity,
            image_trouble=self._trouble,
            models=model_facts(settings),
        )

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)


if __name__ == '__main__':
    sys.exit(run(WatchedNode))
