# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated camera publishes, as messages: the true faces and the odometry."""

from __future__ import annotations

import math
from collections.abc import Iterable

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.sources.simulated.camera import CameraPose
from mask_proximity.core.types import MaskState, TrueFace
from mask_proximity.ros.conversions import box_from_message, detection_message


def truth_message(faces: Iterable[TrueFace], header: Header) -> Detection2DArray:
    """Ground truth of the faces as a message; pose.position.z is the true distance."""
    message = Detection2DArray(header=header)
    for face in faces:
        detection = detection_message(
            header, face.box, face.name, [(face.mask_state.name.lower(), 1.0)]
        )
        detection.results[0].pose.pose.position.z = float(face.distance)
        message.detections.append(detection)
    return message


def odometry_message(pose: CameraPose, velocity: tuple[float, float], stamp: Time) -> Odometry:
    """True pose of a simulated robot in the frame of its scene: x ahead along the corridor."""
    message = Odometry(header=Header(stamp=stamp, frame_id='odom'), child_frame_id='base_link')
    place, heading = message.pose.pose.position, message.pose.pose.orientation
    # In REP-103, y and yaw are positive to the left.
    place.x, place.y = pose.z, -pose.x
    heading.z, heading.w = math.sin(-pose.yaw / 2.0), math.cos(-pose.yaw / 2.0)
    message.twist.twist.linear.x, message.twist.twist.angular.z = velocity
    return message


def pose_from_odometry(message: Odometry) -> CameraPose:
    """Camera pose of a simulated robot from its message, which does not contain the height."""
    place, heading = message.pose.pose.position, message.pose.pose.orientation
    return CameraPose(-place.y, place.x, -2.0 * math.atan2(heading.z, heading.w))


def truth_from_message(message: Detection2DArray) -> tuple[TrueFace, ...]:
    """Ground truth of the faces from its message."""
    return tuple(
        TrueFace(
            box=box_from_message(detection.bbox),
            mask_state=MaskState[detection.results[0].hypothesis.class_id.upper()],
            distance=detection.results[0].pose.pose.position.z,
            name=detection.id,
        )
        for detection in message.detections
    )
