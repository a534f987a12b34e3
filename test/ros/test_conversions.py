# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Core types to messages and back."""

from __future__ import annotations

import array
import dataclasses
import math

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_proximity.core.errors import ImageError
from mask_proximity.core.ranging.camera_calibration import Calibration
from mask_proximity.core.ranging.pinhole import pinhole_from_camera_info
from mask_proximity.core.types import (
    Alert,
    Box,
    DistanceSource,
    Face,
    FrameResult,
    Image,
    Level,
    MaskState,
    Reason,
    TrueFace,
)
from mask_proximity.msg import FaceProximity, ProximityAlert
from mask_proximity.ros import conversions, image_conversions, simulation_conversions

HEADER = Header(frame_id='camera_optical_frame')


def make_message(data: bytes, **fields: object) -> ImageMessage:
    values = {'width': 4, 'height': 3, 'encoding': 'bgr8', 'step': 12, **fields}
    return ImageMessage(data=array.array('B', data), **values)


def make_picture() -> Image:
    return np.random.default_rng(3).integers(0, 256, (6, 5, 3), np.uint8)


@given(st.integers(-(2**31 - 1) * 10**9, (2**31 - 1) * 10**9))
def test_durations_survive(value: int) -> None:
    assert conversions.nanoseconds(conversions.duration_message(value)) == value


@given(st.integers(0, (2**31 - 1) * 10**9))
def test_times_survive(value: int) -> None:
    assert conversions.nanoseconds(conversions.time_message(value)) == value


def test_a_picture_survives() -> None:
    picture = make_picture()
    message = image_conversions.image_message(picture, HEADER)
    assert (message.encoding, message.step, message.width, message.height) == ('bgr8', 15, 5, 6)
    np.testing.assert_array_equal(image_conversions.image_from_message(message), picture)


def test_a_view_survives() -> None:
    picture = make_picture()[1:5:2, 1:4]
    message = image_conversions.image_message(picture, HEADER)
    np.testing.assert_array_equal(image_conversions.image_from_message(message), picture)


@pytest.mark.parametrize('big', [0, 1])
def test_every_field_of_an_image_counts(big: int) -> None:
    words = (256 * np.arange(12).reshape(3, 4)).astype('>u2' if big else '<u2')
    padded = np.pad(words.view(np.uint8).reshape(3, 8), ((0, 0), (0, 5)))
    message = make_message(padded.tobytes(), encoding='mono16', step=13, is_bigendian=big)
    picture = image_conversions.image_from_message(message)
    np.testing.assert_array_equal(picture[..., 0].ravel(), range(12))


def test_a_compressed_image_is_one_too() -> None:
    picture = make_picture()
    data = cv2.imencode('.png', picture)[1].tobytes()
    message = CompressedImage(format='png', data=array.array('B', data))
    np.testing.assert_array_equal(image_conversions.image_from_message(message), picture)
    message.format = '16UC1; compressedDepth png'
    with pytest.raises(ImageError, match='which is depth'):
        image_conversions.image_from_message(message)


def test_bgr8_is_not_copied() -> None:
    message = make_message(bytes(36))
    picture = image_conversions.image_from_message(message)
    message.data[0] = 200
    assert picture[0, 0, 0] == 200


def test_a_broken_image_gets_a_sentence() -> None:
    with pytest.raises(ImageError, match='35 bytes; expected 36 for 4x3 bgr8 with a step of 12'):
        image_conversions.image_from_message(make_message(bytes(35)))


FACE = Face(
    box=Box(10.5, 20.25, 74.5, 100.0),
    detection_score=0.75,
    mask_probability=0.125,
    mask_state=MaskState.NO_MASK,
    width_ratio=0.5,
    level=Level.ALERT,
    track_id='7',
    distance=1.5,
    distance_source=DistanceSource.FACE_WIDTH_FOV,
    incorrect_probability=0.25,
)
ALERT = Alert(Level.ALERT, Reason.NO_MASK_NEAR, 'Maintain Distance', 12, (FACE,))


def test_an_alert_survives() -> None:
    message = conversions.alert_message(ALERT, HEADER, 5, 1.5, 3)
    assert message.frames_dropped == 3
    assert conversions.nanoseconds(message.valid_for) == 1_500_000_000
    assert conversions.nanoseconds(message.latency) == 5
    back = conversions.alert_from_message(message)
    assert math.isnan(back.faces[0].time_to_contact)
    assert conversions.alert_message(back, HEADER, 5, 1.5, 3).faces[0].bbox == message.faces[0].bbox
    assert (back.level, back.reason, back.text, back.since) == (
        ALERT.level,
        ALERT.reason,
        ALERT.text,
        ALERT.since,
    )
    assert back.faces[0].box == FACE.box and back.faces[0].distance == 1.5


@pytest.mark.parametrize(
    ('enum', 'message', 'prefix'),
    [
        (Level, ProximityAlert, ''),
        (Reason, ProximityAlert, 'REASON_'),
        (MaskState, FaceProximity, 'MASK_STATE_'),
        (DistanceSource, FaceProximity, 'DISTANCE_SOURCE_'),
    ],
)
def test_the_core_and_the_messages_count_alike(enum: type, message: type, prefix: str) -> None:
    for member in enum:
        assert getattr(message, prefix + member.name) == member.value


def test_detections_have_all_classes_best_first() -> None:
    result = FrameResult(0, 640, 480, ALERT)
    (detection,) = conversions.detections_message(result, HEADER).detections
    assert [r.hypothesis.class_id for r in detection.results] == ['no_mask', 'incorrect', 'mask']
    assert [r.hypothesis.score for r in detection.results] == [0.625, 0.25, 0.125]
    assert (detection.bbox.center.position.x, detection.bbox.size_x) == (42.5, 64.0)
    assert detection.id == '7' and detection.header == HEADER


def test_truth_survives() -> None:
    faces = (
        TrueFace(Box(0, 0, 4, 4), MaskState.MASK, 2.5, 'ada'),
        TrueFace(Box(1, 1, 4, 4), MaskState.NO_MASK, 3.5, 'bob'),
        TrueFace(Box(2, 2, 4, 4), MaskState.INCORRECT, 4.5, 'cyd'),
    )
    message = simulation_conversions.truth_message(faces, HEADER)
    assert simulation_conversions.truth_from_message(message) == faces


def test_camera_info_of_a_field_of_view() -> None:
    info = image_conversions.camera_info_message(HEADER, 640, 480, math.pi / 2)
    assert info.k[0] == pytest.approx(320) and info.k[2] == pytest.approx(319.5)
    camera = pinhole_from_camera_info(info, 320, 240, 0.0)
    assert camera.fx == pytest.approx(160)
    assert camera.source is DistanceSource.FACE_WIDTH_FOV


def test_camera_info_of_a_calibration() -> None:
    k, r, p = (50.0, 0, 31, 0, 51, 23, 0, 0, 1), (1.0, 0, 0, 0, 1, 0, 0, 0, 1), tuple(range(12))
    calibration = Calibration(64, 48, 'plumb_bob', (0.1, -0.2, 0, 0, 0), k, r, p)
    info = image_conversions.calibrated_info_message(HEADER, calibration)
    back = deserialize_message(serialize_message(info), CameraInfo)
    assert (tuple(back.k), tuple(back.r), tuple(back.p)) == (k, r, p)
    assert (back.width, back.height, tuple(back.d)) == (64, 48, calibration.d)
    camera = pinhole_from_camera_info(back, 128, 96, 0.0)
    assert (camera.fx, camera.fy, camera.source) == (
        100.0,
        102.0,
        DistanceSource.FACE_WIDTH_CALIBRATED,
    )


def test_camera_info_of_an_unknown_camera_says_so() -> None:
    info = image_conversions.camera_info_message(HEADER, 640, 480, 0.0)
    assert info.k[0] == 0.0
    camera = pinhole_from_camera_info(info, 640, 480, 0.0)
    assert camera.source is DistanceSource.NONE


def test_a_calibrated_camera_is_told_from_a_nominal_one() -> None:
    info = CameraInfo(width=640, height=480, d=[0.0] * 5)
    info.k[0] = info.k[4] = 500.0
    camera = pinhole_from_camera_info(info, 640, 480, 1.0)
    assert (camera.fx, camera.source) == (500.0, DistanceSource.FACE_WIDTH_CALIBRATED)


@pytest.mark.parametrize('binning', [1, 2])
def test_a_region_of_interest_shifts_the_axis_and_binning_scales(binning: int) -> None:
    info = CameraInfo(width=640, height=480, d=[0.0] * 5, binning_x=binning, binning_y=binning)
    info.k = [500.0, 0.0, 330.0, 0.0, 510.0, 250.0, 0.0, 0.0, 1.0]
    info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height = 160, 120, 320, 240
    width, height = 320 // binning, 240 // binning
    camera = pinhole_from_camera_info(info, width, height, 0.0)
    assert (camera.fx, camera.fy) == (500.0 / binning, 510.0 / binning)
    assert (camera.cx, camera.cy) == (170.0 / binning, 130.0 / binning)


def test_whole_numbers_survive_the_wire() -> None:
    whole = dataclasses.replace(FACE, box=Box(1, 2, 11, 22), distance=3, width_ratio=1)
    message = conversions.face_message(whole)
    back = deserialize_message(serialize_message(message), FaceProximity)
    assert conversions.face_from_message(back).box == Box(1, 2, 11, 22)
    assert (back.distance, back.width_ratio) == (3.0, 1.0)


@pytest.mark.parametrize(
    ('rectified', 'expected'), [(False, (500.0, 330.0)), (True, (480.0, 310.0))]
)
def test_rectified_images_belong_to_the_projection_matrix(
    rectified: bool, expected: tuple[float, float]
) -> None:
    info = CameraInfo(width=640, height=480, d=[0.1] * 5)
    info.k = [500.0, 0.0, 330.0, 0.0, 510.0, 250.0, 0.0, 0.0, 1.0]
    info.p = [480.0, 0.0, 310.0, 0.0, 0.0, 490.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    camera = pinhole_from_camera_info(info, 640, 480, 0.0, rectified)
    assert (camera.fx, camera.cx) == expected


def test_a_depth_image_has_its_stamp() -> None:
    data = np.array([[1000, 0, 2500]], '>u2').tobytes()
    header = Header(stamp=Time(sec=3, nanosec=4))
    message = make_message(
        data, width=3, height=1, encoding='16UC1', step=6, is_bigendian=1, header=header
    )
    depth = image_conversions.depth_from_message(message)
    assert depth.stamp == 3_000_000_004
    np.testing.assert_allclose(depth.metres, [[1.0, np.nan, 2.5]])
