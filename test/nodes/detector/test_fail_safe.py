# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever fails, camera, clock or process, the level is UNKNOWN; see docs/fail_safe.md."""

from __future__ import annotations

import signal
import time
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rosgraph_msgs.msg import Clock
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.alert.monitor import AlertMonitor
from mask_proximity.core.types import NANOSECONDS, Image, Level
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, qos
from support import ros
from support.room import empty_room

ROOM = empty_room()
BLACK = np.zeros_like(ROOM)
FINGER = np.full_like(ROOM, (20, 40, 190))


class Camera:
    """Sends a picture; live, or frozen."""

    def __init__(self, peer: ros.Peer) -> None:
        self._peer = peer
        self.publisher = peer.image_publisher()

    def live(self, picture: Image = ROOM, stamp: int | None = None) -> None:
        self.publisher.publish(self._peer.image(picture, stamp))

    def frozen(self) -> Any:
        """What sends one and the same picture, each time with the present stamp."""
        message = self._peer.image(ROOM)

        def send() -> None:
            message.header.stamp = conversions.time_message(self._peer.now())
            self.publisher.publish(message)

        return send


def nanoseconds(time_: Any) -> int:
    return conversions.nanoseconds(time_)


def is_level(alerts: list[ProximityAlert], level: int, reason: int | None = None) -> bool:
    if not alerts or alerts[-1].level != level:
        return False
    return reason is None or alerts[-1].reason == reason


def diagnosed(peer: ros.Peer, words: str) -> Any:
    """A condition: whether the detector of this peer says so on /diagnostics."""
    said: list[str] = []

    def take(array: DiagnosticArray) -> None:
        name = f'{peer.namespace}/detector_node: input'
        said.extend(status.message for status in array.status if status.name == name)

    peer.node.create_subscription(DiagnosticArray, '/diagnostics', take, 10)
    return lambda: bool(said) and words in said[-1]


def test_a_camera_that_freezes(peer: ros.Peer) -> None:
    alerts, camera = peer.collect_alerts(), Camera(peer)
    says_so = diagnosed(peer, 'the very same picture')
    process = peer.start('detector_node')
    peer.until(lambda: is_level(alerts, ProximityAlert.CLEAR), each=camera.live)
    frozen = camera.frozen()
    peer.until(
        lambda: is_level(alerts, ProximityAlert.UNKNOWN, ProximityAlert.REASON_FROZEN_IMAGE),
        each=frozen,
    )
    assert 'frozen_after (1 s)' in alerts[-1].text and alerts[-1].faces == []
    peer.until(says_so, each=frozen)
    peer.until(lambda: is_level(alerts, ProximityAlert.CLEAR), each=camera.live)
    assert process.text.count('[ERROR]') == 1, 'said once'
    assert peer.set('detector_node', frozen_after=0.0)[0].successful
    heard = len(alerts)
    peer.until(lambda: len(alerts) > heard + 20, each=frozen)
    assert ProximityAlert.REASON_FROZEN_IMAGE not in {alert.reason for alert in alerts[heard:]}
    peer.until(lambda: is_level(alerts, ProximityAlert.CLEAR), each=frozen)


@pytest.mark.parametrize('picture', [BLACK, FINGER], ids=['black', 'covered'])
def test_a_camera_that_sees_nothing(peer: ros.Peer, picture: Image) -> None:
    alerts, arrays = peer.collect_alerts(), peer.collect(Detection2DArray, 'detections')
    camera = Camera(peer)
    says_so = diagnosed(peer, 'The picture ')
    peer.start('detector_node')
    peer.until(lambda: is_level(alerts, ProximityAlert.CLEAR), each=camera.live)
    first = peer.now()
    peer.until(
        lambda: is_level(alerts, ProximityAlert.UNKNOWN, ProximityAlert.REASON_DARK_IMAGE),
        each=lambda: camera.live(picture),
    )
    dark = [alert for alert in alerts if nanoseconds(alert.header.stamp) >= first]
    assert {alert.level for alert in dark} == {ProximityAlert.UNKNOWN}, 'with the very first'
    peer.until(says_so, each=lambda: camera.live(picture))
    reason = ProximityAlert.REASON_DARK_IMAGE
    stamps = {nanoseconds(alert.header.stamp) for alert in alerts if alert.reason == reason}
    assert not [a for a in arrays if nanoseconds(a.header.stamp) in stamps], 'nobody has looked'
    peer.until(lambda: is_level(alerts, ProximityAlert.CLEAR), each=camera.live)


def test_who_asks_for_punctuality_is_told_that_the_process_has_died(peer: ros.Peer) -> None:
    camera, monitor = Camera(peer), AlertMonitor()
    missed: list[int] = []
    alive: list[int] = []

    def take(alert: ProximityAlert) -> None:
        times = (nanoseconds(each) for each in (alert.header.stamp, alert.latency, alert.valid_for))
        monitor.update(alert.level, *times, time.monotonic_ns())

    peer.node.create_subscription(
        ProximityAlert,
        'alert',
        take,
        qos.alert_offer(1.5),
        event_callbacks=qos.SubscriptionEventCallbacks(
            deadline=lambda event: missed.append(event.total_count),
            liveliness=lambda event: alive.append(event.alive_count),
        ),
    )
    process = peer.start('detector_node')
    now = peer.now
    peer.until(lambda: monitor.level(now(), time.monotonic_ns()) is Level.CLEAR, each=camera.live)
    peer.until(lambda: alive and alive[-1] == 1)
    missed.clear()
    process.end(signal.SIGKILL)
    standing = now()
    peer.until(lambda: missed and alive[-1] == 0)
    peer.until(lambda: monitor.level(now()) is Level.UNKNOWN)
    peer.until(lambda: monitor.level(standing, time.monotonic_ns()) is Level.UNKNOWN)


class SimulatedClock:
    """/clock of a simulation, at any pace; in the namespace, so that no other test hears it."""

    def __init__(self, peer: ros.Peer, now: float) -> None:
        self.now, self.pace = now, 1.0
        self._publisher = peer.node.create_publisher(Clock, 'clock', 10)
        self._steady = time.monotonic()
        peer.node.create_timer(0.02, self._tick)

    def _tick(self) -> None:
        steady = time.monotonic()
        self.now += self.pace * (steady - self._steady)
        self._steady = steady
        if self.pace:
            self._publisher.publish(Clock(clock=conversions.time_message(self.nanoseconds)))

    @property
    def nanoseconds(self) -> int:
        return round(self.now * NANOSECONDS)


def test_the_clock_of_a_simulation(peer: ros.Peer) -> None:
    alerts, camera = peer.collect_alerts(), Camera(peer)
    peer.start('detector_node', [f'/clock:={peer.namespace}/clock'], use_sim_time=True)
    peer.until(lambda: is_level(alerts, ProximityAlert.UNKNOWN, ProximityAlert.REASON_NO_IMAGE))
    peer.until(lambda: 'nobody publishes /clock' in alerts[-1].text)
    clock = SimulatedClock(peer, 100.0)

    def show() -> None:
        camera.live(stamp=clock.nanoseconds)

    peer.until(lambda: is_level(alerts, ProximityAlert.CLEAR), each=show)
    clear = alerts[-1]
    assert 100.0 <= nanoseconds(clear.since) / NANOSECONDS < 100.0 + ros.PATIENCE
    assert nanoseconds(clear.header.stamp) + nanoseconds(clear.latency) <= clock.nanoseconds

    # A simulator that dies, or is paused: no stamp gets old any more.
    clock.pace = 0.0
    peer.until(
        lambda: is_level(alerts, ProximityAlert.UNKNOWN) and 'stood still' in alerts[-1].text,
        each=show,
    )
    clock.pace = 1.0
    peer.until(lambda: is_level(alerts, ProximityAlert.CLEAR), each=show)

    # A bag that begins anew, then one that skips a part.
    for jump in (-60.0, 500.0):
        clock.now += jump
        jumped = clock.nanoseconds
        peer.until(lambda: is_level(alerts, ProximityAlert.UNKNOWN))
        assert nanoseconds(alerts[-1].since) < jumped or jump < 0
        peer.until(lambda: is_level(alerts, ProximityAlert.CLEAR), each=show)
        assert nanoseconds(alerts[-1].since) >= jumped


def test_a_slow_simulation_is_no_failure_and_its_camera_may_fail(peer: ros.Peer) -> None:
    alerts, camera = peer.collect_alerts(), Camera(peer)
    peer.start(
        'detector_node',
        [f'/clock:={peer.namespace}/clock'],
        use_sim_time=True,
        stale_after=2.0,
    )
    clock = SimulatedClock(peer, 100.0)
    peer.until(
        lambda: is_level(alerts, ProximityAlert.CLEAR),
        each=lambda: camera.live(stamp=clock.nanoseconds),
    )
    clock.pace = 0.1
    heard = len(alerts)
    # Two a second by our time, which stale_after must not count in.
    peer.until(lambda: len(alerts) > heard + 6)
    assert not [alert for alert in alerts[heard:] if 's old' in alert.text], 'not by our time'
    clock.pace = 10.0
    peer.until(
        lambda: is_level(alerts, ProximityAlert.UNKNOWN) and 's old' in alerts[-1].text,
    )
