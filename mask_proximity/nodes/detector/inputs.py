# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subscriptions of detector_node: images, camera_info and depth, in the executor's thread."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from mask_proximity.core.errors import error_sentence
from mask_proximity.core.monitoring.rates import StreamStatistics
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.ranging.pinhole import is_rectified
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, Reason
from mask_proximity.nodes.detector.depth_subscription import DepthSubscription
from mask_proximity.nodes.detector.handover import DetectorSlot, Frame, Idle, ImageStream
from mask_proximity.ros import conversions, qos, topics
from mask_proximity.ros.endpoints import create_subscription
from mask_proximity.ros.image_subscription import ImageMessage, ImageSubscription

# Seconds in which the worker can take the image: the executor would keep the interpreter's lock
# until it waits again, which is half a millisecond later.
_YIELD_TIME = 0.0001


class DetectorInputs:
    """Opens and closes the subscriptions, and puts each image into the slot.

    Attributes:
        statistics: Statistics of the newest stream of images.
    """

    def __init__(
        self, node: Node, slot: DetectorSlot, on_incompatible: Callable[[str], None]
    ) -> None:
        """Subscribe to nothing yet.

        Args:
            node: Node that subscribes.
            slot: Takes the images.
            on_incompatible: Called with a sentence if a publisher of the images does not offer
                the quality of service that is asked for.
        """
        self._node = node
        self._slot = slot
        self._on_incompatible = on_incompatible
        self._images: ImageSubscription | None = None
        self._camera_infos: Subscription | None = None
        self._camera_info: CameraInfo | None = None
        self._depth: DepthSubscription | None = None
        self._stream: ImageStream | None = None
        self.statistics = StreamStatistics(time.monotonic())

    @property
    def idle(self) -> Idle | None:
        """Why no images are taken; None while they are."""
        state = self._slot.state
        return state if isinstance(state, Idle) else None

    def is_idle_for(self, reason: Reason) -> bool:
        """Whether no images are taken for this reason."""
        return self.idle is not None and self.idle.reason is reason

    def open(self, settings: DetectorSettings, pipeline: Pipeline | None) -> None:
        """Subscribe to the images and to what belongs to them, and hand them over.

        Args:
            settings: Settings that name the transport, and say whether depth is used.
            pipeline: Judges the images; None while the node is unconfigured, which is a mistake.
        """
        assert pipeline is not None, 'images are taken only when the node is configured'
        node = self._node
        self._images = images = ImageSubscription(
            node, settings.image_transport, self._on_image, on_incompatible=self._on_incompatible
        )
        self._camera_info = None
        self._camera_infos = create_subscription(
            node,
            CameraInfo,
            topics.camera_info_topic(node),
            self._on_camera_info,
            qos.NEWEST_IMAGE,
        )
        self.follow_depth(settings.use_depth)
        self.statistics = StreamStatistics(time.monotonic())
        self._stream = ImageStream(
            images.topic, is_rectified(images.topic), pipeline, self.statistics, images.take_one
        )
        self._slot.switch(self._stream)

    def close(self, idle: Idle) -> None:
        """Take no images and say why; may be called again with another reason.

        Args:
            idle: Why no images are taken from now on.
        """
        # Done first, since no CLEAR may follow once the subscription is gone.
        self._slot.switch(idle)
        self._stream = None
        if self._images is not None:
            self._images.close()
        if self._camera_infos is not None:
            self._node.destroy_subscription(self._camera_infos)
        self._images = self._camera_infos = None
        self.follow_depth(False)

    def follow_depth(self, wanted: bool) -> None:
        """Subscribe to the depth images, or end that, as the settings want it.

        Args:
            wanted: Whether depth is used; without images there is none in any case.
        """
        wanted = wanted and self._images is not None
        if wanted and self._depth is None:
            try:
                self._depth = DepthSubscription(self._node)
            except Exception as error:
                self._node.get_logger().error(
                    f'{error_sentence(error)}; distances are estimated without depth'
                )
        elif not wanted and self._depth is not None:
            depth, self._depth = self._depth, None
            depth.close()

    def take_one(self) -> None:
        """Take an image if one has come, while the executor waits for something else."""
        if self._images is not None:
            self._images.take_one()

    def _on_image(self, message: ImageMessage) -> None:
        """Hand an image over; also called in the worker's thread, by ImageStream.take_one."""
        stream = self._stream
        if stream is None:
            return
        stamp = conversions.nanoseconds(message.header.stamp)
        now = int(self._node.get_clock().now().nanoseconds)
        stream.statistics.arrived(time.monotonic(), (now - stamp) / NANOSECONDS if stamp else None)
        self._slot.put(Frame(message, self._camera_info, self._depth), stream)
        time.sleep(_YIELD_TIME)

    def _on_camera_info(self, info: CameraInfo) -> None:
        self._camera_info = info
