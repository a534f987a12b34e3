# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Asks a running detector_node to calibrate the distance, by its service."""

from __future__ import annotations

import rclpy
from rclpy.node import Node

from mask_proximity.core.errors import CalibrationError
from mask_proximity.core.ranging.distance_calibration import DistanceCalibration
from mask_proximity.srv import CalibrateDistance

# For the graph to be discovered, and for an answer beyond the duration itself, seconds.
_DISCOVERY = 8.0
_ANSWER = 20.0


def ask(namespace: str, distance: float, duration: float) -> DistanceCalibration:
    """Ask and wait.

    Args:
        namespace: of the detector.
        distance: of the person, metres.
        duration: for which frames are taken, seconds.

    Raises:
        CalibrationError: there is no detector, or it refused; the text says why.
    """
    rclpy.init(args=[])
    try:
        node = rclpy.create_node('calibrate', namespace=namespace)
        return _ask(node, distance, duration)
    finally:
        rclpy.try_shutdown()


def _ask(node: Node, distance: float, duration: float) -> DistanceCalibration:
    client = node.create_client(CalibrateDistance, 'detector_node/calibrate_distance')
    if not client.wait_for_service(_DISCOVERY):
        raise CalibrationError(
            f'there is no service {client.srv_name}; start a detector_node in this domain, name '
            'its namespace by --namespace, or calibrate without ROS by --source'
        )
    request = CalibrateDistance.Request(distance=distance, duration=duration)
    future = client.call_async(request)
    rclpy.spin_until_future_complete(node, future, timeout_sec=duration + _ANSWER)
    response = future.result()
    if response is None:
        raise CalibrationError(f'{client.srv_name} has not answered; look at its log')
    if not response.success:
        raise CalibrationError(response.message)
    return DistanceCalibration(response.parameter, response.value, response.message)
