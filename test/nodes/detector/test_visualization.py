# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Markers and annotations: what RViz and Foxglove get, and that nobody works for nobody."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from mask_proximity.core.ranging.pinhole import Pinhole, pinhole_from_camera_info
from mask_proximity.core.rendering.style import LEVEL_COLORS
from mask_proximity.core.types import Alert, Box, DistanceSource, Face, Level, MaskState, Reason
from mask_proximity.nodes.detector.visualization import (
    Visualization,
    annotations_message,
    markers_message,
)
from support import ros
from support.foxglove import NEWER, OLDER

CAMERA = Pinhole(640, 480, 500.0, 500.0, 320.0, 240.0)
HEADER = Header(stamp=Time(sec=7, nanosec=9), frame_id='front_optical')
# Its centre lies 125 pixels to the right of the axis and 60 below it.
NEAR = Face(Box(395, 235, 495, 365), 0.9, 0.01, MaskState.NO_MASK, 0.16, Level.ALERT, distance=2.0)
MASKED = replace(
    NEAR, box=Box(10, 20, 50, 70), mask_state=MaskState.MASK, level=Level.CLEAR, distance=4.0
)
UNPLACED = replace(NEAR, distance=math.nan)
UNKNOWN = Alert(Level.UNKNOWN, Reason.NO_IMAGE, 'No image has arrived yet.', 0)


def alert(*faces: Face) -> Alert:
    return Alert(Level.ALERT, Reason.NO_MASK_NEAR, 'Maintain Distance', 0, faces)


def test_a_face_is_a_ball_and_a_label_at_its_place() -> None:
    first, ball, label = markers_message(alert(NEAR), HEADER, CAMERA, 1.5).markers
    assert first.action == Marker.DELETEALL
    place = ball.pose.position
    assert (place.x, place.y, place.z) == pytest.approx((0.5, 0.24, 2.0))
    blue, green, red = LEVEL_COLORS[Level.ALERT]
    assert [ball.color.r, ball.color.g, ball.color.b] == pytest.approx(
        [red / 255, green / 255, blue / 255]
    )
    assert label.text == 'No Mask, 2.0 m, Maintain Distance'
    assert label.pose.position.y < place.y, 'above the ball: up is -y'
    for marker in (ball, label):
        assert marker.header == HEADER
        assert (marker.lifetime.sec, marker.lifetime.nanosec) == (1, 500_000_000)
        assert marker.pose.orientation.w == 1.0
    assert (ball.type, label.type) == (Marker.SPHERE, Marker.TEXT_VIEW_FACING)


def test_no_two_markers_share_namespace_and_id() -> None:
    markers = markers_message(alert(NEAR, MASKED, NEAR), HEADER, CAMERA, 1.0).markers[1:]
    assert len({(marker.ns, marker.id) for marker in markers}) == len(markers) == 6


@pytest.mark.parametrize(
    ('of', 'camera'),
    [
        (alert(UNPLACED), CAMERA),
        (alert(NEAR), Pinhole.from_fov(640, 480, 0.0)),
        (alert(), CAMERA),
        (UNKNOWN, None),
    ],
)
def test_what_has_no_place_gives_no_marker(of: Alert, camera: Pinhole | None) -> None:
    (only,) = markers_message(of, HEADER, camera, 1.0).markers
    assert only.action == Marker.DELETEALL


@pytest.mark.parametrize(
    ('info', 'expected'),
    [
        (None, Pinhole.from_fov(640, 480, math.pi / 2)),
        (CameraInfo(width=1280, height=960), Pinhole.from_fov(640, 480, math.pi / 2)),
        (
            CameraInfo(width=1280, height=960, k=[900.0, 0, 650, 0, 910, 470, 0, 0, 1]),
            Pinhole(640, 480, 450.0, 455.0, 325.0, 235.0, DistanceSource.FACE_WIDTH_FOV),
        ),
    ],
)
def test_the_camera_is_that_of_camera_info_else_of_the_field_of_view(
    info: CameraInfo | None, expected: Pinhole
) -> None:
    camera = pinhole_from_camera_info(info, 640, 480, math.pi / 2)
    assert camera.fx == pytest.approx(expected.fx)
    assert replace(camera, fx=0.0, fy=0.0) == replace(expected, fx=0.0, fy=0.0)


# --- Foxglove -------------------------------------------------------------------------------------


def versions() -> Iterator[Any]:
    """The two layouts that are about, and the installed one where there is one."""
    yield pytest.param(OLDER, id='older')
    yield pytest.param(NEWER, id='newer')
    if importlib.util.find_spec('foxglove_msgs') is not None:
        import foxglove_msgs.msg

        yield pytest.param(foxglove_msgs.msg, id='installed')


@pytest.mark.parametrize('foxglove', versions())
def test_annotations_are_the_boxes_and_what_they_mean(foxglove: Any) -> None:
    message = annotations_message(foxglove, alert(NEAR, UNPLACED), HEADER, CAMERA)
    assert len(message.points) == 2
    box = message.points[0]
    assert box.type == foxglove.PointsAnnotation.LINE_LOOP
    corners = [(point.x, point.y) for point in box.points]
    assert corners == [(395, 235), (495, 235), (495, 365), (395, 365)]
    assert box.outline_color.r == pytest.approx(LEVEL_COLORS[Level.ALERT][2] / 255)
    assert [text.text for text in message.texts] == [
        'No Mask, 2.0 m, Maintain Distance',
        'No Mask, Maintain Distance',
        'ALERT: Maintain Distance',
    ]
    for annotation in [*message.points, *message.texts]:
        assert annotation.timestamp == HEADER.stamp
    if foxglove is not OLDER:
        assert message.timestamp == HEADER.stamp


# --- Over DDS -------------------------------------------------------------------------------------


@pytest.fixture
def shown(peer: ros.Peer) -> Iterator[Visualization]:
    """The publishers, on a node of the peer."""
    yield Visualization(peer.node)


def test_markers_arrive_and_nobody_works_for_nobody(peer: ros.Peer, shown: Visualization) -> None:
    assert not shown.watched
    nothing: Any = None
    # Whoever looked at this alert would fail.
    shown.publish(nothing, HEADER, CAMERA, 1.5)
    arrays = peer.collect(MarkerArray, 'markers')
    peer.until(lambda: shown.watched)
    array = peer.until(
        lambda: arrays, each=lambda: shown.publish(alert(NEAR, MASKED), HEADER, CAMERA, 1.5)
    )[0]
    # Colours are rounded to float32 on the way.
    expected = markers_message(alert(NEAR, MASKED), HEADER, CAMERA, 1.5)
    assert array == deserialize_message(serialize_message(expected), MarkerArray)


def test_the_topic_of_annotations_is_there_if_foxglove_msgs_is(
    peer: ros.Peer, shown: Visualization
) -> None:
    installed = importlib.util.find_spec('foxglove_msgs') is not None
    there = {name for name, _ in peer.node.get_topic_names_and_types()}
    assert (f'{peer.namespace}/annotations' in there) is installed
    shown.publish(UNKNOWN, Header(), None, 1.5)
    if installed:
        import foxglove_msgs.msg

        messages = peer.collect(foxglove_msgs.msg.ImageAnnotations, 'annotations')
        peer.until(lambda: messages, each=lambda: shown.publish(alert(NEAR), HEADER, CAMERA, 1.5))
        assert messages[0] == annotations_message(foxglove_msgs.msg, alert(NEAR), HEADER, CAMERA)
