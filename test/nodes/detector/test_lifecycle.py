# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""detector_node as a managed node: what it does in each state, and where each mistake ends."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.models.description import models_directory
from mask_proximity.msg import ProximityAlert
from support import ros
from support.room import empty_room

EMPTY = empty_room(640, 480)
TRANSITIONS = {
    'configure': Transition.TRANSITION_CONFIGURE,
    'activate': Transition.TRANSITION_ACTIVATE,
    'deactivate': Transition.TRANSITION_DEACTIVATE,
    'cleanup': Transition.TRANSITION_CLEANUP,
    'unconfigured shutdown': Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
    'inactive shutdown': Transition.TRANSITION_INACTIVE_SHUTDOWN,
    'active shutdown': Transition.TRANSITION_ACTIVE_SHUTDOWN,
}


class Managed:
    """A detector under the hand of a lifecycle manager, and a camera that never rests."""

    def __init__(self, peer: ros.Peer, **parameters: Any) -> None:
        self.peer = peer
        self.alerts = peer.collect_alerts()
        self.detections = peer.collect(Detection2DArray, 'detections')
        self.images = peer.image_publisher()
        self.process = peer.start('detector_node', heartbeat_period=0.1, **parameters)

    def show(self) -> None:
        self.images.publish(self.peer.image(EMPTY))

    def change(self, transition: str) -> bool:
        request = ChangeState.Request(transition=Transition(id=TRANSITIONS[transition]))
        return bool(self.peer.call(ChangeState, 'detector_node/change_state', request).success)

    def state(self) -> str:
        answer = self.peer.call(GetState, 'detector_node/get_state', GetState.Request())
        return str(answer.current_state.label)

    def says(self, level: int, reason: int, text: str = '') -> ProximityAlert:
        """Wait until an alert that came from now on says so."""
        heard = len(self.alerts)

        def newest() -> ProximityAlert | None:
            last = self.alerts[-1] if len(self.alerts) > heard else None
            fits = last is not None and (last.level, last.reason) == (level, reason)
            return last if fits and text in last.text else None

        return self.peer.until(newest, each=self.show)

    def clear(self) -> ProximityAlert:
        return self.says(ProximityAlert.CLEAR, ProximityAlert.REASON_NO_FACE)

    def inactive(self, text: str) -> ProximityAlert:
        return self.says(ProximityAlert.UNKNOWN, ProximityAlert.REASON_INACTIVE, text)


def test_by_itself_it_becomes_active(peer: ros.Peer) -> None:
    node = Managed(peer)
    node.clear()
    assert node.state() == 'active'


def test_the_whole_life_under_a_manager(peer: ros.Peer) -> None:
    node = Managed(peer, autostart='false')
    node.inactive('not configured')
    assert node.state() == 'unconfigured'
    assert node.images.get_subscription_count() == 0

    assert node.change('configure')
    node.inactive('inactive')
    assert node.state() == 'inactive'
    assert node.images.get_subscription_count() == 0, 'subscribes only when it is activated'

    assert node.change('activate')
    node.clear()
    assert node.state() == 'active'

    assert node.change('deactivate')
    node.inactive('inactive')
    judged = len(node.detections)
    for _ in range(5):
        node.inactive('inactive')
    assert len(node.detections) == judged, 'no image is looked at'
    peer.until(lambda: node.images.get_subscription_count() == 0)

    assert node.change('activate')
    node.clear()
    assert node.change('deactivate')
    assert node.change('cleanup')
    node.inactive('not configured')
    assert node.state() == 'unconfigured'
    assert not node.change('activate'), 'there is nothing to activate'

    assert node.change('configure')
    assert node.change('activate')
    node.clear()
    assert node.process.end() == 0
    assert 'Traceback' not in node.process.text


@pytest.mark.parametrize('state', ['unconfigured', 'inactive', 'active'])
def test_it_can_be_shut_down_from_every_state(peer: ros.Peer, state: str) -> None:
    node = Managed(peer, autostart='false')
    for transition in {'unconfigured': [], 'inactive': ['configure']}.get(
        state, ['configure', 'activate']
    ):
        assert node.change(transition)
    assert node.change(f'{state} shutdown')
    node.inactive('shut down')
    assert node.state() == 'finalized'
    assert node.process.end() == 0


def test_the_last_word_after_deactivation_is_unknown(
    peer: ros.Peer, near_portrait: np.ndarray[Any, Any]
) -> None:
    node = Managed(peer)
    node.clear()
    for _ in range(3):
        # In the middle of a frame, as often as not.
        node.images.publish(peer.image(near_portrait))
        assert node.change('deactivate')
        node.inactive('inactive')
        heard = len(node.alerts)
        peer.until(lambda heard=heard: len(node.alerts) > heard + 3, each=node.show)
        assert {alert.level for alert in node.alerts[heard:]} == {ProximityAlert.UNKNOWN}
        assert node.change('activate')
        peer.until(lambda: node.alerts[-1].level != ProximityAlert.UNKNOWN, each=node.show)


def test_a_model_that_is_missing_leaves_it_unconfigured_and_says_why(
    peer: ros.Peer, tmp_path: Path
) -> None:
    wanted = tmp_path / 'mask_classifier.json'
    node = Managed(peer, autostart='false', mask_model=str(wanted))
    node.inactive('not configured')
    assert not node.change('configure')
    assert node.state() == 'unconfigured'
    node.says(ProximityAlert.UNKNOWN, ProximityAlert.REASON_FAULT, str(wanted))
    for path in models_directory().glob('mask_classifier*'):
        shutil.copy(path, tmp_path)
    assert node.change('configure') and node.change('activate')
    node.clear()
    assert 'Traceback' not in node.process.text


def test_after_a_start_that_failed_a_good_model_brings_it_up(
    peer: ros.Peer, tmp_path: Path
) -> None:
    node = Managed(peer, mask_model=str(tmp_path / 'missing.json'))
    node.says(ProximityAlert.UNKNOWN, ProximityAlert.REASON_FAULT, 'missing.json')
    (refused,) = peer.set('detector_node', mask_model=str(tmp_path / 'too.json'))
    assert not refused.successful and 'too.json' in refused.reason
    (accepted,) = peer.set('detector_node', mask_model='')
    assert accepted.successful, accepted.reason
    node.clear()
    assert node.state() == 'active'


def test_an_error_in_activation_ends_unconfigured_with_the_cause(
    peer: ros.Peer, tmp_path: Path
) -> None:
    topic = f'{peer.namespace}/image_raw'
    overrides = {f'qos_overrides.{topic}.subscription.reliability': 'utmost'}
    file = tmp_path / 'overrides.yaml'
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': overrides}}))
    node = Managed(peer, autostart='false', params_file=file)
    assert node.change('configure')
    assert not node.change('activate')
    assert node.state() == 'unconfigured'
    node.says(ProximityAlert.UNKNOWN, ProximityAlert.REASON_FAULT, 'reliability')
    assert 'Traceback' not in node.process.text


def test_lazy_works_only_while_somebody_listens(peer: ros.Peer) -> None:
    images = peer.image_publisher()
    node = peer.start('detector_node', lazy='true', heartbeat_period=0.1)
    peer.until(lambda: 'Active' in node.text)
    peer.until(lambda: images.get_subscription_count() == 0)
    alerts: list[ProximityAlert] = []
    listener = peer.node.create_subscription(ProximityAlert, 'alert', alerts.append, 10)
    peer.until(
        lambda: alerts and alerts[-1].level == ProximityAlert.CLEAR,
        each=lambda: images.publish(peer.image(EMPTY)),
    )
    peer.node.destroy_subscription(listener)
    peer.until(lambda: images.get_subscription_count() == 0)
    late = peer.collect_alerts()
    first = peer.until(lambda: late)[0]
    assert (first.level, first.reason) == (
        ProximityAlert.UNKNOWN,
        ProximityAlert.REASON_INACTIVE,
    ), 'who comes late does not get an old CLEAR'
    assert 'lazy' in first.text


def test_after_a_start_that_failed_other_parameters_are_taken_as_ever(
    peer: ros.Peer, tmp_path: Path
) -> None:
    node = Managed(peer, mask_model=str(tmp_path / 'missing.json'))
    node.says(ProximityAlert.UNKNOWN, ProximityAlert.REASON_FAULT, 'missing.json')
    (accepted,) = peer.set('detector_node', delay_off=2.0)
    assert accepted.successful, accepted.reason
    node.says(ProximityAlert.UNKNOWN, ProximityAlert.REASON_FAULT, 'missing.json')
    assert node.state() == 'unconfigured'


def test_a_transport_that_cannot_be_subscribed_to_is_a_fault_and_the_node_lives(
    peer: ros.Peer, tmp_path: Path
) -> None:
    topic = f'{peer.namespace}/image_raw/compressed'
    overrides = {f'qos_overrides.{topic}.subscription.reliability': 'utmost'}
    file = tmp_path / 'overrides.yaml'
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': overrides}}))
    node = Managed(peer, params_file=file)
    node.clear()
    peer.set('detector_node', image_transport='compressed')
    node.says(ProximityAlert.UNKNOWN, ProximityAlert.REASON_FAULT, 'reliability')
    peer.set('detector_node', image_transport='raw')
    node.clear()
    assert 'Traceback' not in node.process.text
