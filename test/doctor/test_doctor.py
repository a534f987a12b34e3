# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""mask-proximity doctor as a user runs it: its own process, real DDS, on graphs with a fault."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.doctor import doctor, machine, ros_checks
from mask_proximity.doctor.report import Finding
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import qos
from support import command, ros
from support.room import empty_room

PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
PICTURE = empty_room(640, 480)
# A domain in which nothing else of the tests runs.
ALONE = 97


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[ros.Peer]:
    with ros.peer(tmp_path) as alone:
        yield alone


def run(*arguments: str, domain: int = ALONE) -> tuple[int, str]:
    """The exit code and the output of the doctor."""
    code, out, err = command.finish(
        command.start('doctor', '--no-speed', '--timeout', '4', *arguments, domain=domain)
    )
    assert err == '' and 'Traceback' not in out
    return code, out


def run_beside(peer: ros.Peer, each: Callable[[], object] | None = None) -> tuple[int, str]:
    """The same, in the namespace of a peer that goes on meanwhile."""
    options = ('--no-speed', '--timeout', '8', '--namespace', peer.namespace)
    process = command.start('doctor', *options, domain=peer.domain)
    peer.until(lambda: process.poll() is not None, each=each)
    code, out, err = command.finish(process)
    assert err == '' and 'Traceback' not in out
    return code, out


def line(out: str, subject: str) -> str:
    """The one finding of a subject, with its fix, on one line."""
    found = re.findall(rf'^  (?:ok|warn|FAIL|-) +{subject}  .*(?:\n {{9,}}.*)*', out, re.MULTILINE)
    assert len(found) == 1, out
    return ' '.join(found[0].split())


def test_the_fix_for_lost_images_mends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in PROFILES:
        monkeypatch.delenv(variable, raising=False)
    code, out = run()
    assert code == 1
    assert line(out, 'room for images').startswith('FAIL') and '_FILE is not set' in out
    assert re.match(r'FAIL round trip \d+ of 20 images of 1280x720', line(out, 'round trip'))
    (export,) = re.findall(r'\$ export (\w+)=(.*)', out)
    monkeypatch.setenv(*export)
    code, out = run()
    assert line(out, 'room for images').startswith('ok room for images 32 MB')
    assert re.match(r'ok round trip (18|19|20) of 20 images', line(out, 'round trip'))
    assert code == 0 and 'FAIL' not in out


def test_an_empty_graph_is_no_failure() -> None:
    out = run()[1]
    assert line(out, 'images').startswith('warn images nobody publishes /image_raw, nor any other')
    assert line(out, 'detector').startswith('warn detector no detector_node runs here')
    # Why there is no output comes before whatever takes longer.
    graph = re.search(r'^Graph \(\d+\.\d s after the start\)$', out, re.MULTILINE)
    assert graph and graph.start() < out.index('\nThis machine\n') < out.index('\nMiddleware\n')


def test_a_detector_at_work(peer: ros.Peer) -> None:
    publisher = peer.image_publisher()
    peer.start('detector_node')

    def publish() -> None:
        publisher.publish(peer.image(PICTURE))

    alerts = peer.collect_alerts()
    peer.until(lambda: alerts and alerts[-1].level == ProximityAlert.CLEAR, each=publish)
    code, out = run_beside(peer, each=publish)
    assert code == 0, out
    name = re.escape(peer.namespace)
    assert re.match(
        f'ok images {name}/image_raw: sensor_msgs/Image by {name}/peer', line(out, 'images')
    )
    assert re.match(r'ok rate [\d.]+ Hz, 0.92 MB each, 640x480 bgr8', line(out, 'rate'))
    assert re.match(f'ok detector {name}/detector_node', line(out, 'detector'))
    assert line(out, '  alert') == 'ok alert CLEAR (NO_FACE): No face in view.'


def test_a_detector_without_images(peer: ros.Peer) -> None:
    peer.node.create_publisher(Image, 'front/image', qos.STREAM)
    peer.start('detector_node')
    alerts = peer.collect_alerts()
    peer.until(lambda: alerts)
    code, out = run_beside(peer)
    assert code == 1
    assert f'nobody publishes {peer.namespace}/image_raw; images are on' in line(out, 'images')
    assert f'image_topic:={peer.namespace}/front/image' in line(out, 'images')
    assert line(out, '  input').startswith('FAIL input Nobody publishes')
    assert line(out, '  alert').startswith('warn alert UNKNOWN')


def test_a_quality_of_service_that_does_not_fit(peer: ros.Peer) -> None:
    peer.node.create_publisher(Image, 'image_raw', qos_profile_sensor_data)
    parameter = f'qos_overrides.{peer.namespace}/image_raw.subscription.reliability'
    peer.start('detector_node', **{parameter: 'reliable'})
    alerts = peer.collect_alerts()
    peer.until(lambda: alerts)
    code, out = run_beside(peer)
    assert code == 1
    images = line(out, 'images')
    assert 'FAIL images' in images and 'does not fit (reliability)' in images
    assert f'{parameter}: best_effort' in images
    assert 'FAIL rate nothing arrived here within' in line(out, 'rate')


def test_without_ros_the_rest_is_told(tmp_path: Path) -> None:
    # None in sys.modules is what an environment without that package looks like.
    code = (
        "import sys; sys.modules['rclpy'] = None\n"
        'from mask_proximity.cli import main; sys.exit(main(["doctor"]))'
    )
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    out = done.stdout
    assert done.returncode == 0 and done.stderr == ''
    assert 'no ROS 2 here' in line(out, 'middleware')
    assert 'no ROS 2 here' in line(out, 'graph')
    assert 'ok   Python' in out and 'as expected' in out
    # Last, since nothing else may run while it is measured.
    assert out.index('\nMiddleware\n') < out.index('\nSpeed\n') < out.index('masks, opencv')
    assert re.search(r'the nets take \d+ images per second with one face', line(out, 'camera'))


def test_a_middleware_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('RMW_IMPLEMENTATION', 'rmw_of_nobody_cpp')
    code, out = run()
    assert code == 1
    assert 'apt install ros-$ROS_DISTRO-rmw-of-nobody-cpp' in line(out, 'middleware')
    assert line(out, 'round trip').startswith('FAIL round trip it cannot be used here')
    assert line(out, 'graph').startswith('FAIL graph it cannot be used here')


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (('--timeout', '0'), 'more than 0'),
        (('--timeout', 'nan'), 'more than 0'),
        (('--topic', 'two words'), 'is not a topic name'),
        (('--namespace', '/1'), 'is not a namespace'),
    ],
)
def test_an_argument_that_cannot_be_used(arguments: tuple[str, str], words: str) -> None:
    code, out, err = command.finish(command.start('doctor', *arguments, domain=ALONE))
    assert code == 2 and out == '' and err.startswith('error: ') and words in err


def broken() -> Iterator[Finding]:
    raise ZeroDivisionError('by nothing')


def refused() -> Iterator[Finding]:
    raise MaskProximityError('There is no such thing.')


def hangs() -> Iterator[Finding]:
    threading.Event().wait()
    yield from ()


@pytest.mark.parametrize(
    ('check', 'words'),
    [
        (broken, 'this check itself broke (ZeroDivisionError: by nothing)'),
        (refused, 'There is no such thing.'),
        (hangs, 'this check did not end within 0.2 s'),
    ],
)
def test_a_check_that_breaks_or_hangs_is_a_finding(
    check: Callable[[], Iterator[Finding]],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(ros_checks, 'has_ros', lambda: False)
    monkeypatch.setattr(machine, 'cameras', check)
    if check is hangs:
        for name in ('python', 'model_files', 'backends', 'video'):
            monkeypatch.setattr(machine, name, lambda *_: ())
        monkeypatch.setattr(doctor, '_LOCAL_BOUND', 0.2)
    assert doctor.run_doctor('', '', 1.0, speed=False) == 1
    assert line(capsys.readouterr().out, 'cameras') == f'FAIL cameras {words}'
