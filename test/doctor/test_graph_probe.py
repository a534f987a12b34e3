# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor makes of a graph on which the images are wrong: real publishers, real DDS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.srv import GetState
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from mask_proximity.doctor import graph_checks
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.doctor.subprocesses import Child
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions, qos
from support import ros
from support.room import empty_room

HOUR = 3600 * 1_000_000_000
PICTURE = empty_room(320, 240)
# Of a look at something that is missing; with a publisher that is there it finds it sooner.
SECONDS = 6.0


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[ros.Peer]:
    with ros.peer(tmp_path) as alone:
        yield alone


def look(
    peer: ros.Peer,
    *looked_at: str,
    seconds: float = SECONDS,
    each: Callable[[], object] | None = None,
    monkeypatch: pytest.MonkeyPatch,
) -> list[dict[str, Any]]:
    """What a child each sees of topics, all at the same time."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(peer.domain))
    with ExitStack() as stack:
        children = []
        for topic in looked_at:
            child = Child(
                'graph_probe_main',
                topic,
                peer.namespace,
                str(seconds),
                seconds=seconds + ros.PATIENCE,
            )
            stack.callback(child.end)
            children.append(child)
        peer.until(lambda: all(child._process.poll() is not None for child in children), each=each)
        return [child.answer() for child in children]


def by_subject(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_what_is_wrong_with_the_images_is_named(
    peer: ros.Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the topics is wrong in a way of its own; no detector is needed to say so."""
    faults: dict[str, dict[str, Any]] = {
        'fine': {},
        'depth': {'encoding': '16UC1'},
        'odd': {'encoding': '8UC2'},
        'short': {'step': 7},
        'unstamped': {'header': Image().header},
        'old': {'stamp': HOUR},
        'future': {'stamp': -HOUR},
    }
    publishers = {name: peer.node.create_publisher(Image, name, qos.STREAM) for name in faults}
    compressed = peer.node.create_publisher(CompressedImage, 'compressed_here', qos.STREAM)
    peer.node.create_publisher(String, 'words', 10)
    peer.node.create_publisher(Image, 'silent', qos.STREAM)

    def publish() -> None:
        for name, fields in faults.items():
            shift = fields.get('stamp', 0)
            message = peer.image(PICTURE, peer.now() - shift)
            for field, value in fields.items():
                if field != 'stamp':
                    setattr(message, field, value)
            publishers[name].publish(message)
        compressed.publish(CompressedImage(format='jpeg', data=b'no picture'))

    names = (*faults, 'compressed_here', 'words', 'silent')
    seen = look(peer, *names, each=publish, monkeypatch=monkeypatch)
    found = {
        name: by_subject(graph_checks.images(answer))
        for name, answer in zip(names, seen, strict=True)
    }
    prefix = peer.namespace

    assert found['fine'].keys() == {'images', 'other images', 'rate'}
    assert {finding.outcome for finding in found['fine'].values()} == {Outcome.OK}
    assert found['fine']['rate'].text.endswith('0.23 MB each, 320x240 bgr8')

    for name, words in (
        ('depth', "'16UC1', which is depth; expected a colour image"),
        ('odd', "the encoding '8UC2'; expected one of: bgr8, "),
        ('short', 'a step of 7 bytes; expected at least 960'),
    ):
        encoding = found[name]['encoding']
        assert encoding.outcome is Outcome.FAIL and words in encoding.text
        assert 'or use another topic' in encoding.fix

    # What a detector says already is not said again.
    told = {**seen[1], 'detectors': [{'diagnostics': {'input': (2, 'Depth.')}}]}
    assert by_subject(graph_checks.images(told)).keys() == {'images', 'other images', 'rate'}

    for name, words in (
        ('unstamped', 'The images carry no stamp'),
        ('old', 'The newest image is 3600.'),
        ('future', 's in the future'),
    ):
        stamps = found[name]['stamps']
        assert stamps.outcome is Outcome.FAIL and words in stamps.text
        assert 'one clock' in stamps.fix and 'encoding' not in found[name]

    wrong = found['compressed_here']['images']
    assert wrong.outcome is Outcome.FAIL
    assert wrong.text.endswith('where sensor_msgs/Image is expected')
    assert f'-r image_raw/compressed:={prefix}/compressed_here' in wrong.command
    assert found['compressed_here']['encoding'].outcome is Outcome.FAIL

    words = found['words']
    assert words.keys() == {'images', 'other images'}
    assert words['images'].outcome is Outcome.FAIL and 'std_msgs/String' in words['images'].text

    silent = found['silent']['rate']
    assert silent.outcome is Outcome.FAIL
    # The six seconds, and more where discovery still goes on.
    waited = re.match(r'nothing arrived here within (\d+\.\d) s, ', silent.text)
    assert waited and float(waited[1]) >= SECONDS
    assert 'room for images' in silent.fix and 'fastdds.xml' in silent.command


def test_stamps_of_simulated_time_are_not_judged_by_this_machines_clock(
    peer: ros.Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = peer.image_publisher()
    peer.node.create_publisher(Clock, '/clock', 1)
    (seen,) = look(
        peer,
        '',
        each=lambda: publisher.publish(peer.image(PICTURE, HOUR)),
        monkeypatch=monkeypatch,
    )
    found = by_subject(graph_checks.images(seen))
    assert seen['topic'] == f'{peer.namespace}/image_raw'
    assert found['rate'].outcome is Outcome.OK and 'stamps' not in found


def test_a_topic_that_nobody_publishes(peer: ros.Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    for depth in ('front/depth/image_raw', 'front/image_raw'):
        peer.node.create_publisher(Image, depth, qos.STREAM)
    (seen,) = look(peer, 'image_raw', seconds=3.0, monkeypatch=monkeypatch)
    (missing,) = graph_checks.images(seen)
    # Nothing is amiss yet: no detector runs.
    assert missing.outcome is Outcome.WARN
    assert f'images are on {peer.namespace}/front/image_raw (sensor_msgs/Image), ' in missing.text
    assert missing.command.endswith(f'image_topic:={peer.namespace}/front/image_raw')


def test_where_nothing_is_missing_it_does_not_wait(
    peer: ros.Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = peer.image_publisher()
    peer.start('detector_node')
    patience = ros.PATIENCE
    (seen,) = look(
        peer,
        '',
        seconds=patience,
        each=lambda: publisher.publish(peer.image(PICTURE)),
        monkeypatch=monkeypatch,
    )
    assert seen['seconds'] < patience
    assert seen['expected'] == 'sensor_msgs/msg/Image' and seen['stream']['images'] > 1
    (detector,) = seen['detectors']
    assert detector['state'] == 'active' and detector['alert'] is not None
    assert set(detector['diagnostics']) == {'input', 'models', 'rate and latency'}


def test_the_topic_of_a_detector_that_takes_none_now_is_in_its_namespace(
    peer: ros.Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node below the peer plays a detector that waits, e.g. because nobody listens to it."""
    namespace = f'{peer.namespace}/front'
    detector = rclpy.create_node('waits', namespace=namespace, context=peer.node.context)
    detector.create_publisher(ProximityAlert, 'alert', qos.ALERT)
    # Asked for the namespace above, which no other test is in.
    (seen,) = look(peer, '', monkeypatch=monkeypatch)
    detector.destroy_node()
    assert seen['topic'] == f'{namespace}/image_raw'


def test_a_detector_of_raw_images_where_only_compressed_ones_are(
    peer: ros.Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.node.create_publisher(CompressedImage, 'image_raw/compressed', qos.STREAM)
    peer.start('detector_node')
    alerts = peer.collect_alerts()
    peer.until(lambda: alerts)
    (seen,) = look(peer, '', monkeypatch=monkeypatch)
    (missing,) = graph_checks.images(seen)
    assert missing.outcome is Outcome.FAIL and 'image_transport: compressed' in missing.fix
    name = f'{peer.namespace}/detector_node'
    assert missing.command == f'ros2 param set {name} image_transport compressed'


@pytest.mark.parametrize(
    ('label', 'age', 'state', 'alert'),
    [
        ('active', 0, 'ok', 'ok: CLEAR'),
        ('inactive', 0, 'FAIL', 'ok: CLEAR'),
        ('active', 3600, 'ok', 'FAIL: CLEAR'),
    ],
)
def test_state_alert_and_diagnostics_of_a_detector(
    peer: ros.Peer, monkeypatch: pytest.MonkeyPatch, label: str, age: int, state: str, alert: str
) -> None:
    """The peer itself plays a detector, whose states can then be chosen."""

    def tell_state(_: Any, response: GetState.Response) -> GetState.Response:
        response.current_state.label = label
        return response

    name = peer.node.get_fully_qualified_name()
    peer.node.create_service(GetState, f'{name}/get_state', tell_state)
    alerts = peer.node.create_publisher(ProximityAlert, 'alert', qos.ALERT)
    diagnostics = peer.node.create_publisher(DiagnosticArray, '/diagnostics', 1)
    status = DiagnosticStatus(
        name=f'{name}: input', level=DiagnosticStatus.ERROR, message='No picture.'
    )

    def publish() -> None:
        message = ProximityAlert(level=ProximityAlert.CLEAR, reason=10, text='No face in view.')
        message.header.stamp = conversions.time_message(peer.now() - age * 1_000_000_000)
        message.valid_for.sec = 60
        alerts.publish(message)
        diagnostics.publish(DiagnosticArray(status=[status]))

    (seen,) = look(peer, '', each=publish, monkeypatch=monkeypatch)
    found = by_subject(graph_checks.detectors(seen))
    assert said(found['detector']).startswith(f'{state}: {name}: {label}')
    assert said(found['  alert']).startswith(alert)
    assert ('expired' in found['  alert'].text) == bool(age)
    assert said(found['  input']) == 'FAIL: No picture.'


def test_a_detector_that_has_not_told_its_state() -> None:
    detector = {'name': '/detector_node', 'state': 'no answer', 'alert': None, 'diagnostics': {}}
    state, alert = graph_checks.detectors({'detectors': [detector]})
    assert state.outcome is Outcome.WARN and 'has not answered yet' in state.text
    assert alert.outcome is Outcome.FAIL and 'may hang' in alert.text


def said(finding: Finding) -> str:
    return f'{finding.outcome.value[0]}: {finding.text}'
