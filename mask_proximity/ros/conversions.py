# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Core types <-> messages: the only file that knows both."""

from __future__ import annotations

from collections.abc import Iterable

from builtin_interfaces.msg import Duration, Time
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D,
    Detection2D,
    Detection2DArray,
    ObjectHypothesisWithPose,
)

from mask_proximity.core.ranging.pinhole import (
    Pinhole,
    position,
)
from mask_proximity.core.types import (
    LABELS,
    NANOSECONDS,
    Alert,
    Box,
    DistanceSource,
    Face,
    FrameResult,
    Level,
    MaskState,
    Reason,
)
from mask_proximity.msg import FaceProximity, ProximityAlert


def nanoseconds(stamp: Time | Duration) -> int:
    """A message's time or duration as integer nanoseconds."""
    return int(stamp.sec) * NANOSECONDS + int(stamp.nanosec)


def time_message(stamp: int) -> Time:
    """Integer nanoseconds as a message."""
    return Time(sec=stamp // NANOSECONDS, nanosec=stamp % NANOSECONDS)


def duration_message(duration: int) -> Duration:
    """Integer nanoseconds as a message; clipped to what its 32 bits of seconds can hold."""
    limit = (2**31 - 1) * NANOSECONDS
    duration = min(max(duration, -limit), limit)
    return Duration(sec=duration // NANOSECONDS, nanosec=duration % NANOSECONDS)


def box_message(box: Box) -> BoundingBox2D:
    """A box as vision_msgs has it: centre and size."""
    message = BoundingBox2D()
    # rclpy writes whatever object a float field holds as if it were a float: an int becomes 0.
    message.size_x, message.size_y = float(box.width), float(box.height)
    x, y = box.center
    message.center.position.x, message.center.position.y = float(x), float(y)
    return message


def box_from_message(message: BoundingBox2D) -> Box:
    """A box from its centre and size."""
    x, y = message.center.position.x, message.center.position.y
    dx, dy = message.size_x / 2.0, message.size_y / 2.0
    return Box(x - dx, y - dy, x + dx, y + dy)


def detections_message(
    result: FrameResult, header: Header, camera: Pinhole | None = None
) -> Detection2DArray:
    """The faces of a frame, each with all classes as hypotheses, the likeliest first.

    Args:
        result: Result of the frame.
        header: Header of the image.
        camera: Camera that took the image; with it, a face of known distance gets a position.
    """
    message = Detection2DArray(header=header)
    for face in result.faces:
        mask, incorrect = face.mask_probability, face.incorrect_probability
        probabilities = (mask, incorrect, max(0.0, 1.0 - mask - incorrect))
        detection = detection_message(
            header, face.box, face.track_id, zip(LABELS, probabilities, strict=True)
        )
        place = position(face.box, face.distance, camera) if camera is not None else None
        if place is not None:
            for hypothesis in detection.results:
                point = hypothesis.pose.pose.position
                point.x, point.y, point.z = place
        message.detections.append(detection)
    return message


def detection_message(
    header: Header, box: Box, name: str, hypotheses: Iterable[tuple[str, float]]
) -> Detection2D:
    """A detection with its hypotheses, the likeliest first.

    Args:
        header: Header of the image.
        box: Box of the face in pixels.
        name: Id of the detection.
        hypotheses: Class and score of each hypothesis.
    """
    detection = Detection2D(header=header, bbox=box_message(box), id=name)
    for label, score in sorted(hypotheses, key=lambda item: -item[1]):
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id = label
        result.hypothesis.score = float(score)
        detection.results.append(result)
    return detection


def face_message(face: Face) -> FaceProximity:
    """A face as a message."""
    return FaceProximity(
        track_id=face.track_id,
        bbox=box_message(face.box),
        detection_score=float(face.detection_score),
        mask_probability=float(face.mask_probability),
        mask_state=int(face.mask_state),
        width_ratio=float(face.width_ratio),
        distance=float(face.distance),
        distance_stddev=float(face.distance_stddev),
        distance_source=int(face.distance_source),
        approach_speed=float(face.approach_speed),
        time_to_contact=float(face.time_to_contact),
        bearing=float(face.bearing),
        zone=face.zone,
        first_seen=time_message(face.first_seen),
        level=int(face.level),
    )


def face_from_message(message: FaceProximity) -> Face:
    """A face from its message."""
    return Face(
        track_id=message.track_id,
        box=box_from_message(message.bbox),
        detection_score=message.detection_score,
        mask_probability=message.mask_probability,
        mask_state=MaskState(message.mask_state),
        width_ratio=message.width_ratio,
        distance=message.distance,
        distance_stddev=message.distance_stddev,
        distance_source=DistanceSource(message.distance_source),
        approach_speed=message.approach_speed,
        time_to_contact=message.time_to_contact,
        bearing=message.bearing,
        zone=message.zone,
        first_seen=nanoseconds(message.first_seen),
        level=Level(message.level),
    )


def alert_message(
    alert: Alert, header: Header, latency: int, valid_for: float, frames_dropped: int
) -> ProximityAlert:
    """An alert as a message.

    Args:
        alert: The alert.
        header: Header of the image.
        latency: Time from the stamp of the image to now in nanoseconds.
        valid_for: How long the alert is valid, in seconds.
        frames_dropped: Number of images that were dropped since the start.
    """
    return ProximityAlert(
        header=header,
        level=int(alert.level),
        reason=int(alert.reason),
        text=alert.text,
        since=time_message(alert.since),
        valid_for=duration_message(round(valid_for * NANOSECONDS)),
        latency=duration_message(latency),
        frames_dropped=frames_dropped,
        faces=[face_message(face) for face in alert.faces],
    )


def alert_from_message(message: ProximityAlert) -> Alert:
    """An alert from its message."""
    return Alert(
        level=Level(message.level),
        reason=Reason(message.reason),
        text=message.text,
        since=nanoseconds(message.since),
        faces=tuple(face_from_message(face) for face in message.faces),
    )
