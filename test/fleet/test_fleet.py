# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""mask-proximity fleet hears real robots in several domains, and notices the one that dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mask_proximity import environment
from mask_proximity.core.types import Image
from support import command, ros
from support.room import empty_room

EMPTY = empty_room()
# No other test is in these.
DOMAIN, OTHER_DOMAIN, SILENT_DOMAIN = 95, 96, 97

# Two workers would see each other in these domains.
pytestmark = pytest.mark.xdist_group('fleet')


@contextmanager
def fleet(log: Path, *arguments: str) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """A running listener; what it has printed so far."""
    program = environment.prefix() / 'lib' / 'mask_proximity' / 'mask-proximity'
    with log.open('wb') as stream:
        process = subprocess.Popen(
            [sys.executable, str(program), 'fleet', '--json', *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            env={**os.environ, 'ROS_DOMAIN_ID': str(SILENT_DOMAIN)},
        )

    def printed() -> list[dict[str, Any]]:
        whole = log.read_text(encoding='utf-8').rpartition('\n')[0]
        return [json.loads(line) for line in whole.splitlines()]

    try:
        yield printed
        process.send_signal(signal.SIGINT)
        assert process.wait(ros.PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def robots(tmp_path: Path) -> Iterator[list[ros.Peer]]:
    """Three robots: two in one domain, one in another."""
    environment.prepare(os.environ)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    with ExitStack() as stack:
        peers = []
        for number, domain in enumerate((DOMAIN, DOMAIN, OTHER_DOMAIN)):
            folder = tmp_path / str(number)
            folder.mkdir()
            peers.append(ros.Peer(domain, f'/robot{number}', folder))
            stack.enter_context(closing(peers[-1]))
        yield peers


def test_three_robots_are_heard_and_the_one_that_dies_is_unknown(
    robots: list[ros.Peer], near_portrait: Image, tmp_path: Path
) -> None:
    processes = [robot.start('detector_node') for robot in robots]
    publishers = [robot.image_publisher() for robot in robots]
    pictures = [near_portrait, EMPTY, EMPTY]
    log = tmp_path / 'fleet.jsonl'
    with fleet(log, '--domain', str(DOMAIN), '--domain', str(OTHER_DOMAIN)) as printed:

        def show() -> None:
            for robot, publisher, picture in zip(robots, publishers, pictures, strict=True):
                publisher.publish(robot.image(picture))

        def levels() -> dict[str, str]:
            return {item['source']: item['level'] for item in printed()}

        front, second, third = f'{DOMAIN}:/robot0', f'{DOMAIN}:/robot1', f'{OTHER_DOMAIN}:/robot2'
        expected = {front: 'ALERT', second: 'CLEAR', third: 'CLEAR'}
        robots[0].until(lambda: levels() == expected, each=show)
        processes[1].process.kill()
        robots[0].until(lambda: levels() == {**expected, second: 'UNKNOWN'}, each=show)
        change = printed()[-1]
        assert (change['source'], change['before']) == (second, 'CLEAR')
        assert change['text'].startswith('no alert for ')
    table = {item['source']: item for item in printed() if item['kind'] == 'standing'}
    assert {source: item['level'] for source, item in table.items()} == {
        **expected,
        second: 'UNKNOWN',
    }
    assert table[front]['alerts'] > 3 and table[front]['bytes_per_second'] > 0


def test_nobody_is_said_to_be_there() -> None:
    code, out, err = command.finish(
        command.start('fleet', '--seconds', '0.5', domain=SILENT_DOMAIN)
    )
    assert code == 1 and out.startswith('No alert was received.') and err == ''


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (('--domain', '233'), 'error: --domain is 233, expected 0 to 232'),
        (('--seconds', 'nan'), 'error: --seconds is nan, expected more than 0'),
    ],
)
def test_a_value_out_of_range_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    code, out, err = command.finish(command.start('fleet', *arguments, domain=SILENT_DOMAIN))
    assert (code, out, err) == (2, '', sentence + '\n')
