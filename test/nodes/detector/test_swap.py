# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Other models at runtime: loaded beside the ones in use, while images go on being judged."""

from __future__ import annotations

import pytest
from rcl_interfaces.msg import ParameterEvent
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter

from mask_proximity.msg import ProximityAlert
from support import ros
from support.room import empty_room

EMPTY = empty_room(640, 480)


def test_everybody_hears_of_a_change_and_of_no_refused_one(peer: ros.Peer) -> None:
    events: list[ParameterEvent] = []
    node = f'{peer.namespace}/detector_node'
    peer.node.create_subscription(
        ParameterEvent,
        '/parameter_events',
        lambda event: events.append(event) if event.node == node else None,
        100,
    )
    peer.start('detector_node')
    assert not peer.set_together('detector_node', mask_model='/nowhere.json').successful
    assert peer.set_together('detector_node', threads=1, delay_off=2.0).successful

    def changed() -> dict[str, object]:
        messages = [message for event in events for message in event.changed_parameters]
        return {m.name: Parameter.from_parameter_msg(m).value for m in messages}

    peer.until(lambda: changed() == {'threads': 1, 'delay_off': 2.0})
    assert peer.get('detector_node', 'mask_model', 'threads') == ['', 1]


@pytest.mark.tensorflow
@pytest.mark.xdist_group('tensorflow')
def test_images_are_judged_while_a_model_is_loaded(peer: ros.Peer) -> None:
    alerts = peer.collect_alerts()
    images = peer.image_publisher()
    # On a busy machine the import of TensorFlow alone lets images grow old.
    process = peer.start('detector_node', stale_after=60.0)

    def show() -> None:
        images.publish(peer.image(EMPTY))

    peer.until(lambda: alerts and alerts[-1].level == ProximityAlert.CLEAR, each=show)
    client = peer.node.create_client(
        SetParametersAtomically, 'detector_node/set_parameters_atomically'
    )
    peer.until(client.service_is_ready, each=show)
    # TensorFlow takes seconds.
    request = SetParametersAtomically.Request(
        parameters=[Parameter('mask_backend', value='tensorflow').to_parameter_msg()]
    )
    heard = len(alerts)
    future = client.call_async(request)
    peer.until(future.done, each=show)
    assert future.result().result.successful, future.result().result.reason
    peer.until(lambda: 'on TensorFlow, ' in process.text, each=show)
    meanwhile = alerts[heard:]
    stamps = {(alert.header.stamp.sec, alert.header.stamp.nanosec) for alert in meanwhile}
    assert len(stamps) >= 10
    assert {alert.level for alert in meanwhile} == {ProximityAlert.CLEAR}
