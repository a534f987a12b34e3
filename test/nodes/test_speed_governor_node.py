# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""speed_governor_node over real DDS: what comes in, what goes out, and what it does on its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from geometry_msgs.msg import Twist, TwistStamped
from std_msgs.msg import Header, String

from mask_proximity.core.types import NANOSECONDS, Alert, Box, Face, Level, MaskState, Reason
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, qos
from support import ros

NODE = 'speed_governor_node'
BARE = Face(Box(0, 0, 90, 90), 0.9, 0.01, MaskState.NO_MASK, 0.1, distance=2.0, distance_stddev=0.2)
# Limits that are reached within tenths of a second.
QUICK = {'deceleration': 20.0, 'acceleration': 20.0, 'resume_delay': 0.0, 'latency': 0.0}


class Robot:
    """The stack before the governor, the base behind it, and a detector."""

    def __init__(self, peer: ros.Peer, kind: type[Any] = Twist) -> None:
        self.peer, self.kind = peer, kind
        self.commands = peer.node.create_publisher(kind, 'cmd_vel_in', qos.COMMAND)
        self.alerts = peer.node.create_publisher(ProximityAlert, 'alert', qos.ALERT)
        self.out = peer.collect(kind, 'cmd_vel_out')
        self.spoken = peer.collect(String, 'speech')
        self.forward, self.turn = 1.0, 0.5
        self.level: Level | None = None
        self.faces: tuple[Face, ...] = ()
        self.since = 1
        self.age = 0.0

    def start(self, **parameters: Any) -> ros.NodeProcess:
        return self.peer.start(NODE, **{**QUICK, **parameters})

    def alert(self) -> None:
        alert = Alert(self.level or Level.UNKNOWN, Reason.NO_FACE, '', self.since, self.faces)
        age = round(self.age * NANOSECONDS)
        header = Header(stamp=conversions.time_message(self.peer.now() - age))
        self.alerts.publish(conversions.alert_message(alert, header, age, 1.0, 0))

    def command(self) -> None:
        message = self.kind()
        twist = message.twist if self.kind is TwistStamped else message
        twist.linear.x, twist.linear.y, twist.angular.z = self.forward, 0.25, self.turn
        self.commands.publish(message)

    def step(self) -> None:
        if self.level is not None:
            self.alert()
        self.command()

    def reaches(
        self, forward: float, turn: float | None = None, step: Callable[[], None] | None = None
    ) -> Any:
        """Drive until the newest command that goes out is this one."""
        turn = self.turn if turn is None else turn

        def there() -> Any:
            if not self.out:
                return None
            twist = self.out[-1].twist if self.kind is TwistStamped else self.out[-1]
            fits = math.isclose(twist.linear.x, forward, abs_tol=0.02)
            return self.out[-1] if fits and math.isclose(twist.angular.z, turn) else None

        return self.peer.until(there, each=step or self.step)

    def at(self, level: Level, *faces: Face) -> Robot:
        self.level, self.faces = level, faces
        return self


@pytest.mark.parametrize('kind', [Twist, TwistStamped])
def test_forward_is_limited_by_the_level_and_the_rest_is_free(
    kind: type[Any], peer: ros.Peer
) -> None:
    robot = Robot(peer, kind)
    process = robot.start(enable_stamped_cmd_vel=kind is TwistStamped)
    robot.reaches(0.1)  # nobody looks
    robot.at(Level.CLEAR).reaches(1.0)
    robot.at(Level.CAUTION).reaches(0.3)
    message = robot.at(Level.ALERT).reaches(0.0)
    twist = message.twist if kind is TwistStamped else message
    assert twist.linear.y == 0.25
    if kind is TwistStamped:
        assert 0 <= peer.now() - conversions.nanoseconds(message.header.stamp) < 60e9
    robot.forward = -0.4
    robot.reaches(-0.4)
    robot.forward = 1.0
    robot.reaches(0.0)
    robot.at(Level.CLEAR).reaches(1.0)
    # The detector dies, and its last word stands.
    robot.reaches(0.1, step=robot.command)
    assert process.end() == 0
    assert 'Traceback' not in process.text and 'ERROR' not in process.text


def test_a_person_who_counts_is_not_driven_to(peer: ros.Peer) -> None:
    robot = Robot(peer)
    robot.start(deceleration=1.0)
    robot.at(Level.CLEAR).reaches(1.0)
    # 2.0 m - 0.2 m - 1.5 m are left, and no latency: sqrt(2 * 0.3); less what is driven meanwhile.
    robot.at(Level.CLEAR, BARE)
    peer.until(lambda: 0.5 < robot.out[-1].linear.x < 0.78, each=robot.step)
    assert peer.set(NODE, stop_distance=1.9)[0].successful
    robot.reaches(0.0)


def test_an_old_image_leaves_less_way(peer: ros.Peer) -> None:
    robot = Robot(peer)
    robot.start(deceleration=1.0)
    # 2.5 m are left, enough for 2.2 m/s; but 1 m/s for 2.4 s leave a decimetre.
    robot.at(Level.CLEAR, replace(BARE, distance=4.0, distance_stddev=0.0)).reaches(1.0)
    robot.age = 2.4
    peer.until(lambda: robot.out[-1].linear.x < 0.9, each=robot.step)


def test_silence_is_one_stop_and_then_silence(peer: ros.Peer) -> None:
    robot = Robot(peer)
    robot.start(command_timeout=0.3)
    robot.at(Level.CLEAR).reaches(1.0)
    robot.reaches(0.0, turn=0.0, step=robot.alert)
    assert sum(message == Twist() for message in robot.out) == 1
    robot.out.clear()
    peer.spin_for(0.5)
    assert robot.out == []
    robot.reaches(1.0)


def test_a_command_that_is_no_number_stops_with_a_sentence(peer: ros.Peer) -> None:
    robot = Robot(peer)
    process = robot.start()
    robot.at(Level.CLEAR)
    for forward, turn in [(math.nan, 0.5), (1.0, math.inf)]:
        robot.forward, robot.turn = 1.0, 0.5
        robot.reaches(1.0)
        robot.forward, robot.turn = forward, turn
        robot.reaches(0.0, turn=0.0)
    peer.until(lambda: 'cmd_vel_in is not finite, so the robot is stopped' in process.text)


def test_parameters_act_while_it_runs(peer: ros.Peer) -> None:
    robot = Robot(peer)
    robot.start()

    def after(forward: float, turn: float | None = None, **values: object) -> None:
        assert all(result.successful for result in peer.set(NODE, **values))
        robot.reaches(forward, turn)

    after(0.2, unknown_speed=0.2)
    robot.at(Level.CAUTION)
    after(0.4, caution_speed=0.4)
    after(0.4, turn=0.2, limit_turn=True)
    robot.at(Level.ALERT).turn = 0.0
    after(0.3, alert_speed=0.3)
    robot.forward = -1.0
    robot.reaches(-1.0)
    after(-0.3, limit_reverse=True)
    robot.forward = 1.0
    robot.at(Level.CLEAR)
    after(1.0, command_timeout=10.0)
    # Without a word from the stack: it slows on its own.
    robot.at(Level.ALERT).reaches(0.3, turn=0.0, step=robot.alert)
    (refused,) = peer.set(NODE, alert_speed=0.5)
    assert 'alert_speed (0.5 m/s) must be at most caution_speed (0.4 m/s)' in refused.reason


def test_it_speaks_once_per_encounter(peer: ros.Peer) -> None:
    robot = Robot(peer)
    robot.start(speech_pause=0.0)
    robot.at(Level.CLEAR).reaches(1.0)
    robot.at(Level.ALERT).reaches(0.0)
    peer.until(lambda: robot.spoken, each=robot.step)
    assert peer.set(NODE, speech='Away!')[0].successful
    robot.since = 2
    peer.until(lambda: len(robot.spoken) > 1, each=robot.step)
    assert peer.set(NODE, speech='')[0].successful
    robot.since = 3
    # It would have spoken before it limited the next commands.
    for _ in range(5):
        heard = len(robot.out)
        peer.until(lambda heard=heard: len(robot.out) > heard, each=robot.step)
    assert [m.data for m in robot.spoken] == ['Please keep your distance.', 'Away!']
