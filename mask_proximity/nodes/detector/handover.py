# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the two threads of detector_node hand each other.

The executor's thread puts a state, and frames of it, into a slot; the worker leaves a report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sensor_msgs.msg import CameraInfo

from mask_proximity.core.monitoring.rates import StreamStatistics
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.types import Reason
from mask_proximity.nodes.detector.depth_subscription import DepthSubscription
from mask_proximity.ros.image_subscription import ImageMessage
from mask_proximity.ros.latest_slot import LatestSlot


@dataclass(frozen=True, slots=True)
class Idle:
    """No images are taken.

    Attributes:
        reason: Reason of the alert, which is UNKNOWN.
        text: Text of the alert, one sentence.
    """

    reason: Reason
    text: str


STARTING = Idle(Reason.INACTIVE, 'The detector is starting.')
NOT_CONFIGURED = Idle(Reason.INACTIVE, 'The detector is not configured.')
INACTIVE = Idle(Reason.INACTIVE, 'The detector is inactive.')
SHUT_DOWN = Idle(Reason.INACTIVE, 'The detector is shut down.')
NO_LISTENERS = Idle(Reason.INACTIVE, 'No images are taken because there are no subscribers (lazy).')
OTHER_TRANSPORT = Idle(Reason.NO_IMAGE, 'The images now come by another transport.')


@dataclass(frozen=True, slots=True, eq=False)
class ImageStream:
    """Images are taken: one subscription, from its start to its end.

    Attributes:
        topic: Resolved name of the topic.
        rectified: Whether the images are rectified, as the name of the topic tells.
        pipeline: Judges the images; used by the worker alone, but for `replace_nets`.
        statistics: Counts the images of this stream; may be used from both threads.
        take_one: Takes an image from the middleware if one has come, while the executor is busy.
    """

    topic: str
    rectified: bool
    pipeline: Pipeline
    statistics: StreamStatistics
    take_one: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Frame:
    """An image with what is known of its camera.

    Attributes:
        message: The image.
        camera_info: The newest calibration when the image came; None if there was none.
        depth: The depth images, of which the nearest in time is used; None if they are not used.
    """

    message: ImageMessage
    camera_info: CameraInfo | None = None
    depth: DepthSubscription | None = None


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What the worker tells the executor's thread, for the diagnostics.

    Attributes:
        state: State of the slot that this is about.
        image_fault: Why the newest image could not be decoded; '' if it could.
        camera_fault: Why the newest image shows nothing; '' if it does.
        model_fault: Why the newest image could not be judged; '' if it could.
        clock_stood: How long the node's clock has stood still, in seconds.
    """

    state: Idle | ImageStream
    image_fault: str = ''
    camera_fault: str = ''
    model_fault: str = ''
    clock_stood: float = 0.0


DetectorSlot = LatestSlot[Idle | ImageStream, Frame]
"""The only way from the executor's thread to the worker."""
