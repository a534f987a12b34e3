# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Every reason for no output, over real DDS: the sentence on /diagnostics, once in the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

from mask_proximity.core.monitoring.health import STATUS_NAMES
from mask_proximity.ros import qos
from support import ros
from support.room import empty_room

HOUR = 3600 * 1_000_000_000
PICTURE = empty_room(320, 240)
INPUT, MODELS, RATE = STATUS_NAMES
NODE = 'detector_node'
OK, WARN, ERROR, STALE = (
    DiagnosticStatus.OK,
    DiagnosticStatus.WARN,
    DiagnosticStatus.ERROR,
    DiagnosticStatus.STALE,
)


class Watched:
    """A running node with diagnostics, and what it says."""

    def __init__(
        self, peer: ros.Peer, name: str, process: ros.NodeProcess | ros.SharedProcess
    ) -> None:
        self.process, self.name = process, f'{peer.namespace}/{name}'
        self._peer = peer
        self.arrays: list[Any] = []
        peer.node.create_subscription(DiagnosticArray, '/diagnostics', self._take, 100)

    def _take(self, array: Any) -> None:
        # The topic is one for all nodes of a robot, and here for all tests.
        if any(status.name.startswith(f'{self.name}: ') for status in array.status):
            self.arrays.append(array)

    def status(self, name: str) -> Any | None:
        """The newest status of a name."""
        full = f'{self.name}: {name}'
        return next(
            (s for array in reversed(self.arrays) for s in array.status if s.name == full), None
        )

    def says(
        self,
        level: bytes,
        *words: str,
        name: str = INPUT,
        each: Callable[[], object] | None = None,
    ) -> Any:
        """Wait for a status with this level and these words, and give it."""

        def said() -> Any | None:
            status = self.status(name)
            fits = status and status.level == level and all(w in status.message for w in words)
            return status if fits else None

        return self._peer.until(said, each=each)

    def named_in_time(self) -> None:
        """Within three seconds: of the statuses, one a second, at most two say that it waits."""
        waits = [
            status
            for array in self.arrays
            for status in array.status
            if status.name.endswith(INPUT) and status.message.startswith('Waiting')
        ]
        assert len(waits) < 3

    def log_lines(self, words: str) -> list[str]:
        return [line for line in self.process.text.splitlines() if words in line]


StartWatched = Callable[..., Watched]


@pytest.fixture
def start_watched(peer: ros.Peer) -> StartWatched:
    """Starts a detector_node of its own."""

    def start(**parameters: Any) -> Watched:
        return Watched(peer, NODE, peer.start(NODE, **parameters))

    return start


@pytest.fixture
def take_watched(shared_peer: ros.SharedPeer) -> StartWatched:
    """Takes the detector_node that runs already."""

    def take(**parameters: Any) -> Watched:
        return Watched(shared_peer, NODE, shared_peer.start(NODE, **parameters))

    return take


def publish(peer: ros.Peer, **fields: Any) -> Callable[[], None]:
    """Publishes a picture at each call, with other fields where given."""
    publisher = peer.image_publisher()
    stamp = fields.pop('stamp', peer.now)

    def once() -> None:
        message = peer.image(PICTURE, stamp())
        for name, value in fields.items():
            setattr(message, name, value)
        publisher.publish(message)

    return once


def test_nobody_publishes(shared_peer: ros.SharedPeer, take_watched: StartWatched) -> None:
    watched = take_watched()
    status = watched.says(ERROR, f'Nobody publishes {shared_peer.namespace}/image_raw')
    watched.named_in_time()
    assert status.hardware_id == f'{shared_peer.namespace}/image_raw'
    assert {value.key: value.value for value in status.values}['publishers'] == 'none'


def test_the_image_topics_that_exist_are_named(
    shared_peer: ros.SharedPeer, take_watched: StartWatched
) -> None:
    shared_peer.node.create_publisher(CompressedImage, 'front/image_raw/compressed', qos.STREAM)
    shared_peer.node.create_publisher(Image, 'front/image_raw', qos.STREAM)
    front = f'{shared_peer.namespace}/front/image_raw'
    watched = take_watched()
    watched.says(
        ERROR,
        f'images are on {front} (sensor_msgs/Image), ',
        f'{front}/compressed (sensor_msgs/CompressedImage)',
        f'-r image_raw:={front} ',
        f'image_topic:={front})',
    )
    watched.named_in_time()


def test_a_publisher_of_another_type(
    shared_peer: ros.SharedPeer, take_watched: StartWatched
) -> None:
    shared_peer.node.create_publisher(CompressedImage, 'image_raw', qos.STREAM)
    watched = take_watched()
    watched.says(
        ERROR, 'as sensor_msgs/CompressedImage: expected sensor_msgs/Image', 'image_transport'
    )
    watched.named_in_time()


@pytest.mark.parametrize(
    ('policy', 'asked', 'cure'),
    [('reliability', 'reliable', 'best_effort'), ('durability', 'transient_local', 'volatile')],
)
def test_a_quality_of_service_that_does_not_fit(
    peer: ros.Peer, start_watched: StartWatched, policy: str, asked: str, cure: str
) -> None:
    parameter = f'qos_overrides.{peer.namespace}/image_raw.subscription.{policy}'
    publisher = peer.node.create_publisher(Image, 'image_raw', qos_profile_sensor_data)
    watched = start_watched(**{parameter: asked})
    watched.says(
        ERROR,
        f'{peer.namespace}/peer publishes',
        f'({policy})',
        f'set {parameter} to {cure}',
        each=lambda: publisher.publish(peer.image(PICTURE)),
    )
    watched.named_in_time()


def test_compressed_images_beside_the_topic(
    shared_peer: ros.SharedPeer, take_watched: StartWatched
) -> None:
    shared_peer.node.create_publisher(CompressedImage, 'image_raw/compressed', qos.STREAM)
    watched = take_watched()
    watched.says(ERROR, 'Nobody publishes', ': set image_transport to compressed.')
    assert all(result.successful for result in shared_peer.set(NODE, image_transport='compressed'))
    watched.says(
        ERROR, f'offers {shared_peer.namespace}/image_raw/compressed, but no image arrives'
    )


def test_a_publisher_from_which_nothing_arrives(
    shared_peer: ros.SharedPeer, take_watched: StartWatched
) -> None:
    shared_peer.image_publisher()
    watched = take_watched()
    watched.says(
        ERROR,
        f'{shared_peer.namespace}/peer offers {shared_peer.namespace}/image_raw',
        'but no image arrives',
        'DEFAULT_PROFILES_FILE=',
        'fastdds.xml (this process has it already)',
    )
    watched.named_in_time()


def test_images_that_stop_and_come_again(peer: ros.Peer, start_watched: StartWatched) -> None:
    once = publish(peer)
    watched = start_watched()
    watched.says(OK, f'Images arrive from {peer.namespace}/peer.', each=once)
    rate = watched.says(OK, 'are processed; latency', name=RATE, each=once)
    values = {v.key: v.value for v in rate.values}
    assert float(values['images per second']) > 1.0
    assert float(values['images that the nets allow'].removesuffix(' per second')) > 0.0
    assert int(values['dropped since the start']) >= 0
    assert 0.0 < float(values['latency, 95 %'].removesuffix(' s')) < ros.PATIENCE
    for stage in ('decode', 'watch', 'faces', 'rule', 'publish'):
        assert float(values[f'time of {stage}'].removesuffix(' ms')) > 0.0
    # The room is empty.
    assert values['time of masks'] == 'unknown'
    watched.says(ERROR, 'The images have stopped')
    watched.says(STALE, 'no images are processed', name=RATE)
    watched.says(OK, 'Images arrive', each=once)


def test_an_encoding_that_cannot_be_read(
    shared_peer: ros.SharedPeer, take_watched: StartWatched
) -> None:
    once = publish(shared_peer, encoding='nonsense')
    watched = take_watched()
    watched.says(ERROR, "the encoding 'nonsense'; expected one of: bgr8", each=once)
    watched.named_in_time()
    watched.says(STALE, 'no images are processed', name=RATE, each=once)


def test_images_without_faces(peer: ros.Peer, start_watched: StartWatched) -> None:
    start_watched().says(OK, 'there has been no face in them', each=publish(peer))


@pytest.mark.parametrize(
    ('shift', 'words'),
    [
        (None, 'The images carry no stamp'),
        (-HOUR, '3600.0 s in the future'),
        (HOUR, '3600.0 s old'),
    ],
    ids=['zero', 'future', 'past'],
)
def test_stamps_of_another_clock(
    shared_peer: ros.SharedPeer, take_watched: StartWatched, shift: int | None, words: str
) -> None:
    once = publish(shared_peer, stamp=lambda: 0 if shift is None else shared_peer.now() - shift)
    take_watched().says(ERROR, words, each=once)


def test_a_clock_that_stands_still(peer: ros.Peer, start_watched: StartWatched) -> None:
    start_watched(use_sim_time=True).says(ERROR, 'nobody publishes /clock')


def test_a_detector_slower_than_the_camera(peer: ros.Peer, start_watched: StartWatched) -> None:
    once = publish(peer)

    def burst() -> None:
        for _ in range(10):
            once()

    watched = start_watched()
    status = watched.says(WARN, 'slower than the camera', '% are dropped', name=RATE, each=burst)
    values = {value.key: value.value for value in status.values}
    assert float(values['processed per second']) < float(values['images per second'])


@pytest.mark.parametrize(
    ('parameters', 'transition', 'level', 'words'),
    [
        ({'autostart': False}, None, WARN, 'The node is unconfigured'),
        ({'autostart': False}, Transition.TRANSITION_CONFIGURE, WARN, 'The node is inactive'),
        ({'lazy': True}, None, OK, 'nobody listens'),
    ],
    ids=['unconfigured', 'inactive', 'lazy'],
)
def test_a_node_that_takes_no_images(
    peer: ros.Peer,
    start_watched: StartWatched,
    parameters: dict[str, bool],
    transition: int | None,
    level: bytes,
    words: str,
) -> None:
    watched = start_watched(**parameters)
    if transition is not None:
        request = ChangeState.Request(transition=Transition(id=transition))
        peer.call(ChangeState, f'{NODE}/change_state', request)
    watched.says(level, words)
    watched.says(STALE, 'the node is', name=RATE)


def test_a_model_that_is_missing(start_watched: StartWatched) -> None:
    watched = start_watched(mask_model='/nowhere/model.json')
    watched.says(ERROR, '/nowhere/model.json: there is no such file', name=MODELS)
    assert len(watched.log_lines('/nowhere/model.json')) == 1


def test_models_are_named_with_their_hashes(take_watched: StartWatched) -> None:
    status = take_watched().says(OK, 'faces by ssd, masks by', name=MODELS)
    hashes = [v.value for v in status.values if v.value.startswith('sha256 ')]
    assert len(hashes) >= 2 and all(len(h) == len('sha256 ') + 64 for h in hashes)


def test_it_is_said_once_a_second_and_logged_once(take_watched: StartWatched) -> None:
    watched = take_watched()
    status = watched.says(ERROR, 'Nobody publishes')
    watched.arrays.clear()
    watched._peer.until(lambda: len(watched.arrays) >= 3)
    stamps = [array.header.stamp for array in watched.arrays]
    assert [len(array.status) for array in watched.arrays] == [3, 3, 3]
    assert stamps == sorted(stamps, key=lambda stamp: (stamp.sec, stamp.nanosec))
    (line,) = watched.log_lines(f'input: {status.message}')
    assert '[ERROR]' in line


def test_a_driver_that_does_not_fit_beside_one_that_does_is_named(
    peer: ros.Peer, start_watched: StartWatched
) -> None:
    topic = f'{peer.namespace}/image_raw'
    once = publish(peer)
    watched = start_watched(**{f'qos_overrides.{topic}.subscription.reliability': 'reliable'})
    watched.says(OK, 'Images arrive', each=once)
    peer.node.create_publisher(Image, 'image_raw', qos_profile_sensor_data)
    peer.until(
        lambda: f'A publisher of {topic} does not offer the reliability' in watched.process.text,
        each=once,
    )


# What of diagnostic_updater's interface is used, as its Python sources have it (ROS 2 Jazzy). It
# is no package of PyPI.
UPDATER = """
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

class Updater:
    def __init__(self, node, period=1.0):
        self.node = node
        self.publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 1)
        self.period = node.declare_parameter('diagnostic_updater.period', period).value
        self.timer = node.create_timer(self.period, self.force_update)
        self.node_name = node.get_name()
        self.hwid = ''
        self.tasks = []

    def add(self, name, function):
        self.tasks.append((name, function))
        self.addedTaskCallback(name)

    def setHardwareID(self, hwid):
        self.hwid = hwid

    def force_update(self):
        message = DiagnosticArray()
        message.header.stamp = self.node.get_clock().now().to_msg()
        message.header.frame_id = 'by the updater'
        for name, function in self.tasks:
            status = DiagnosticStatus(name=name, hardware_id=self.hwid)
            status = function(status)
            status.name = f'{self.node_name}: {name}'
            message.status.append(status)
        self.publisher.publish(message)
"""


def test_diagnostic_updater_is_used_where_it_is_installed(
    peer: ros.Peer,
    start_watched: StartWatched,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / 'diagnostic_updater.py').write_text(UPDATER)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    watched = start_watched(**{'diagnostic_updater.period': 0.3})
    by_updater = watched.says(ERROR, 'Nobody publishes')
    assert {a.header.frame_id for a in watched.arrays} == {'by the updater'}
    assert peer.get(NODE, 'diagnostic_updater.period') == [0.3]
    monkeypatch.delenv('PYTHONPATH')
    watched.process.end()
    watched.arrays.clear()
    by_us = start_watched().says(ERROR, 'Nobody publishes')
    assert (by_us.name, by_us.hardware_id) == (by_updater.name, by_updater.hardware_id)
    assert [v.key for v in by_us.values] == [v.key for v in by_updater.values]
