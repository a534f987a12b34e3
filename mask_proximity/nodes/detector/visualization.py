# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The faces for RViz (`markers`) and Foxglove (`annotations`), made only for subscribers.

foxglove_msgs is used where it is installed; without it there is no topic `annotations`.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from geometry_msgs.msg import Point, Pose, Vector3
from rclpy.node import Node
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from mask_proximity.core.ranging.pinhole import Pinhole, Position, position
from mask_proximity.core.rendering.style import FACE_LABELS, LEVEL_COLORS
from mask_proximity.core.types import MAINTAIN_DISTANCE, NANOSECONDS, Alert, Face, Level
from mask_proximity.ros import conversions
from mask_proximity.ros.endpoints import create_publisher

# Metres: diameter of a head, and height of the letters above it.
_DIAMETER = 0.2
_LETTERS = 0.12

# Pixels in an image that is 480 pixels high.
_FONT_SIZE = 16.0
_THICKNESS = 2.0


class Visualization:
    """The publishers of `markers` and `annotations`."""

    def __init__(self, node: Node) -> None:
        """Make the publishers.

        Args:
            node: Node that publishes.
        """
        self._markers = create_publisher(node, MarkerArray, 'markers')
        self._foxglove = _foxglove()
        self._annotations = None
        if self._foxglove is not None:
            self._annotations = create_publisher(
                node, self._foxglove.ImageAnnotations, 'annotations'
            )

    @property
    def watched(self) -> bool:
        """Whether one of the topics has a subscriber."""
        return any(
            publisher is not None and publisher.get_subscription_count() > 0
            for publisher in (self._markers, self._annotations)
        )

    def publish(
        self, alert: Alert, header: Header, camera: Pinhole | None, valid_for: float
    ) -> None:
        """Show an alert to the subscribers; UNKNOWN removes all faces.

        Args:
            alert: Alert about the image.
            header: Header of the image.
            camera: Camera that took the image; None if there is no image.
            valid_for: How long the alert is valid, in seconds.
        """
        if self._markers.get_subscription_count() > 0:
            self._markers.publish(markers_message(alert, header, camera, valid_for))
        if (
            self._annotations is not None
            and camera is not None
            and self._annotations.get_subscription_count() > 0
        ):
            self._annotations.publish(annotations_message(self._foxglove, alert, header, camera))


def markers_message(
    alert: Alert, header: Header, camera: Pinhole | None, valid_for: float
) -> MarkerArray:
    """A ball and a label for each face whose position is known, after the old ones are deleted.

    Args:
        alert: Alert about the image.
        header: Header of the image; its frame is the optical frame of the camera.
        camera: Camera that took the image; None if there is no image.
        valid_for: Time after which the markers vanish by themselves, in seconds.
    """
    array = MarkerArray(markers=[Marker(header=header, action=Marker.DELETEALL)])
    for index, face in enumerate(alert.faces):
        place = None if camera is None else position(face.box, face.distance, camera)
        if place is None:
            continue
        common: dict[str, Any] = {
            'header': header,
            'id': index,
            'action': Marker.ADD,
            'lifetime': conversions.duration_message(round(valid_for * NANOSECONDS)),
        }
        array.markers += [
            Marker(
                ns='face',
                type=Marker.SPHERE,
                pose=_pose(place),
                scale=Vector3(x=_DIAMETER, y=_DIAMETER, z=_DIAMETER),
                color=ColorRGBA(**_color(face.level, alpha=0.8)),
                **common,
            ),
            Marker(
                ns='label',
                type=Marker.TEXT_VIEW_FACING,
                # Up is -y in the optical frame.
                pose=_pose(place._replace(y=place.y - _DIAMETER)),
                scale=Vector3(z=_LETTERS),
                color=ColorRGBA(**_color(face.level)),
                text=_label(face),
                **common,
            ),
        ]
    return array


def annotations_message(foxglove: Any, alert: Alert, header: Header, camera: Pinhole) -> Any:
    """Boxes and labels for Foxglove's image panel.

    Args:
        foxglove: The module foxglove_msgs.msg, or one with the same classes.
        alert: Alert about the image.
        header: Header of the image; the panel pairs image and annotations by its stamp.
        camera: Camera that took the image.

    Returns:
        A foxglove_msgs/ImageAnnotations.
    """
    scale = max(camera.height / 480.0, 0.5)
    dark = foxglove.Color(r=0.1, g=0.1, b=0.1, a=0.7)
    message = foxglove.ImageAnnotations()
    if hasattr(message, 'timestamp'):  # not in older versions
        message.timestamp = header.stamp

    def text(words: str, x: float, y: float, level: Level) -> Any:
        return foxglove.TextAnnotation(
            timestamp=header.stamp,
            position=foxglove.Point2(x=x, y=y),
            text=words,
            font_size=_FONT_SIZE * scale,
            text_color=foxglove.Color(**_color(level)),
            background_color=dark,
        )

    for face in alert.faces:
        box = face.box
        corners = [(box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2)]
        message.points.append(
            foxglove.PointsAnnotation(
                timestamp=header.stamp,
                type=foxglove.PointsAnnotation.LINE_LOOP,
                points=[foxglove.Point2(x=float(x), y=float(y)) for x, y in corners],
                outline_color=foxglove.Color(**_color(face.level)),
                thickness=_THICKNESS * scale,
            )
        )
        message.texts.append(text(_label(face), float(box.x1), float(box.y1), face.level))
    banner = f'{alert.level.name}: {alert.text}'
    message.texts.append(text(banner, 4.0, camera.height - 4.0, alert.level))
    return message


def _label(face: Face) -> str:
    parts = [FACE_LABELS[face.mask_state]]
    if math.isfinite(face.distance):
        parts.append(f'{face.distance:.1f} m')
    if face.level is Level.ALERT:
        parts.append(MAINTAIN_DISTANCE)
    return ', '.join(parts)


def _color(level: Level, alpha: float = 1.0) -> dict[str, float]:
    blue, green, red = (value / 255.0 for value in LEVEL_COLORS[level])
    return {'r': red, 'g': green, 'b': blue, 'a': alpha}


def _pose(place: Position) -> Pose:
    return Pose(position=Point(x=place.x, y=place.y, z=place.z))


def _foxglove() -> ModuleType | None:
    try:
        import foxglove_msgs.msg
    except ImportError:
        return None
    return foxglove_msgs.msg  # type: ignore[no-any-return]
