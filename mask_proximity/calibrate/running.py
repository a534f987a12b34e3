# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Has a running detector_node calibrate its distance, through its service."""

from __future__ import annotations

import rclpy
from rclpy.node import Node

from mask_proximity.core.errors import CalibrationError
from mask_proximity.core.ranging.distance_calibration import DistanceCalibration
from mask_proximity.srv import CalibrateDistance

_DISCOVERY_SECONDS = 8.0
# How long the answer may take beyond the calibration itself.
_ANSWER_SECONDS = 20.0


def request_calibration(namespace: str, distance: float, duration: float) -> DistanceCalibration:
    """Call the calibration service of a running detector_node and wait for its answer.

    Args:
        namespace: Namespace of the detector.
        distance: Distance from the camera to the person's face, metres.
        duration: How long the detector measures, seconds.

    Raises:
        CalibrationError: There is no detector, or it refused; the text says why.
    """
    rclpy.init(args=[])
    try:
        node = rclpy.create_node('calibrate', namespace=namespace)
        return _call(node, distance, duration)
    finally:
        rclpy.try_shutdown()


def _call(node: Node, distance: float, duration: float) -> DistanceCalibration:
    client = node.create_client(CalibrateDistance, 'detector_node/calibrate_distance')
    if not client.wait_for_service(_DISCOVERY_SECONDS):
        raise CalibrationError(
            f'there is no service {client.srv_name}; start a detector_node in this domain, give '
            'its namespace with --namespace, or calibrate without ROS with --source'
        )
    request = CalibrateDistance.Request(distance=distance, duration=duration)
    future = client.call_async(request)
    rclpy.spin_until_future_complete(node, future, timeout_sec=duration + _ANSWER_SECONDS)
    response = future.result()
    if response is None:
        raise CalibrationError(f'{client.srv_name} has not answered; look at the log of its node')
    if not response.success:
        raise CalibrationError(response.message)
    return DistanceCalibration(response.parameter, response.value, response.message)
